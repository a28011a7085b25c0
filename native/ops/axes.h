#pragma once

// The dimensions of a tensor, sorted into those that a reduction keeps and those that it sums over.

#include "core/check.h"
#include "core/span.h"

namespace blasnet {

// Dimensions with their strides, outer ones first.
struct Axes {
  size_t rank = 0;
  size_t shape[kMaxRank];
  size_t stride[kMaxRank];  // in numbers

  size_t count() const {
    size_t product = 1;
    for (size_t d = 0; d < rank; ++d) product *= shape[d];
    return product;
  }
  // Where element i of these dimensions lies, in row-major order.
  size_t Offset(size_t i) const {
    size_t offset = 0;
    for (size_t d = rank; d-- > 0;) {
      offset += i % shape[d] * stride[d];
      i /= shape[d];
    }
    return offset;
  }
  void Append(size_t length, size_t step) {
    if (rank > 0 && stride[rank - 1] == length * step) {
      shape[rank - 1] *= length;
      stride[rank - 1] = step;
    } else {
      shape[rank] = length;
      stride[rank++] = step;
    }
  }
};

// How x[…] reduces to y, which has 1 for each dimension that is summed over.
struct Reduction {
  Axes kept, reduced;
  bool is_inner_reduced = true;  // whether numbers that lie side by side are summed up

  template <class X, class Y>
  Reduction(const Array<X>& x, const Array<Y>& y) {
    CheckEqual("y's rank", x.rank, y.rank);
    size_t strides[kMaxRank], step = 1;
    for (size_t d = x.rank; d-- > 0;) {
      strides[d] = step;
      step *= x.shape[d];
    }
    for (size_t d = 0; d < x.rank; ++d) {
      if (x.shape[d] == 1) {
        CheckEqual("a dimension of y", size_t{1}, y.shape[d]);
        continue;
      }
      const bool is_reduced = y.shape[d] == 1;
      if (!is_reduced) CheckEqual("a dimension of y", x.shape[d], y.shape[d]);
      (is_reduced ? reduced : kept).Append(x.shape[d], strides[d]);
      is_inner_reduced = is_reduced;
    }
  }
};

}  // namespace blasnet
