#pragma once

// Whether a kernel computes the same bits on any number of threads.

#include <functional>

#include "test/testing.h"

namespace blasnet::testing {

template <class T>
void CheckSameBits(const Tensor<T>& one, const Tensor<T>& several) {
  CHECK(std::memcmp(one.data(), several.data(), one.bytes()) == 0);
}

// Calls run, which fills outputs by a kernel, on pools of one, two and three threads.
template <class T>
void CheckThreadsDoNotMatter(const std::vector<size_t>& shape, const std::function<void(Context&, Tensor<T>&)>& run) {
  Tensor<T> expected(shape);
  Pool alone(1);
  Context one{alone};
  run(one, expected);
  for (const size_t threads : {2, 3}) {
    CAPTURE(threads);
    Pool pool(threads);
    Context context{pool};
    for (int repeat = 0; repeat < 3; ++repeat) {
      Tensor<T> received(shape);
      run(context, received);
      CheckSameBits(expected, received);
    }
  }
}

}  // namespace blasnet::testing
