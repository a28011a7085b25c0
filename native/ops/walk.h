#pragma once

// How kernels walk several tensors together that broadcast to one shape, as NumPy's do.

#include <string>

#include "core/check.h"
#include "core/span.h"

namespace blasnet {

// Nested loops over a result and N tensors that broadcast to it. Dimensions of length 1 are left out, and neighbouring
// ones that all tensors run through in one go are merged: tensors of one shape have one dimension, a bias two.
template <size_t N>
struct Walk {
  size_t rank = 0;
  size_t shape[kMaxRank];
  size_t stride[N][kMaxRank];  // in numbers; 0 where a tensor repeats
  size_t size = 1;             // numbers of the result

  // Numbers of the innermost loop, and how often that runs.
  size_t inner() const { return shape[rank - 1]; }
  size_t outer() const { return inner() == 0 ? 0 : size / inner(); }

  // Where run i of the innermost loop begins in tensor n.
  size_t Offset(size_t n, size_t i) const {
    size_t offset = 0;
    for (size_t d = rank - 1; d-- > 0;) {
      offset += i % shape[d] * stride[n][d];
      i /= shape[d];
    }
    return offset;
  }

  // Appends the next inner dimension, merging it into the one before where that is possible.
  void Append(size_t length, const size_t (&strides)[N]) {
    size *= length;
    if (length == 1 && rank > 0) return;
    bool merges = rank > 0;
    for (size_t n = 0; n < N && merges; ++n)
      merges = shape[rank - 1] == 1 || stride[n][rank - 1] == strides[n] * length;
    if (merges) {
      shape[rank - 1] *= length;
    } else {
      shape[rank++] = length;
    }
    for (size_t n = 0; n < N; ++n) stride[n][rank - 1] = strides[n];
  }
};

// The walk over `result` and tensors of the same rank, each of whose dimensions is the result's or 1.
template <class T, class... In>
Walk<sizeof...(In)> BroadcastWalk(const Array<T>& result, const Array<In>&... in) {
  constexpr size_t N = sizeof...(In);
  const size_t* shapes[N] = {in.shape...};
  (CheckEqual("a tensor's rank", result.rank, in.rank), ...);
  size_t strides[N][kMaxRank];
  for (size_t n = 0; n < N; ++n) {
    size_t step = 1;
    for (size_t d = result.rank; d-- > 0;) {
      const size_t length = shapes[n][d];
      if (length != 1) CheckEqual("a dimension", result.shape[d], length);
      strides[n][d] = length == 1 ? 0 : step;
      step *= length;
    }
  }
  Walk<N> walk;
  for (size_t d = 0; d < result.rank; ++d) {
    size_t own[N];
    for (size_t n = 0; n < N; ++n) own[n] = strides[n][d];
    walk.Append(result.shape[d], own);
  }
  return walk;
}

}  // namespace blasnet
