#pragma once

// Whether a kernel computes the same bits on any number of threads, and a system that has no more of them.

#include <functional>

// Whether threads' stacks can be given another size from outside.
#ifdef __GLIBC_PREREQ
#define BLASNET_TEST_LACK_OF_THREADS __GLIBC_PREREQ(2, 18)
#include <pthread.h>
#else
#define BLASNET_TEST_LACK_OF_THREADS 0
#endif

#include "test/testing.h"
#include "test/tier.h"

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
    for (int repeat = 0; repeat < (IsQuick() ? 1 : 3); ++repeat) {
      Tensor<T> received(shape);
      run(context, received);
      CheckSameBits(expected, received);
    }
  }
}

#if BLASNET_TEST_LACK_OF_THREADS
// While one of these lives, new threads ask for more memory than there is, and cannot start.
class NoMoreThreads {
 public:
  NoMoreThreads() {
    pthread_getattr_default_np(&before_);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    // More than any processor can address: a stack that a system might reserve costs emulators as much as it asks for.
    pthread_attr_setstacksize(&attributes, size_t{1} << 62);
    CHECK(pthread_setattr_default_np(&attributes) == 0);
    pthread_attr_destroy(&attributes);
  }
  ~NoMoreThreads() {
    pthread_setattr_default_np(&before_);
    pthread_attr_destroy(&before_);
  }
  NoMoreThreads(const NoMoreThreads&) = delete;
  NoMoreThreads& operator=(const NoMoreThreads&) = delete;

 private:
  pthread_attr_t before_;
};
#endif

}  // namespace blasnet::testing
