#pragma once

// What losses share: the sums that a batch adds to, the weight of a row, the class of a label.

#include <algorithm>
#include <cmath>

#include "core/check.h"
#include "core/runtime_scalars.h"
#include "core/span.h"

namespace blasnet {

// Adds a batch's summed loss to the running sums.
inline void AddLoss(double sum, size_t rows, Vector<double> scalars) {
  scalars::CheckCount(scalars.size);
  scalars[scalars::kRows] += static_cast<double>(rows);
  scalars[scalars::kLossSum] += sum;
  scalars[scalars::kBatchLoss] = sum / static_cast<double>(rows);
}

// What a row counts: Σ y · class_weights over its labels, for one-hot ones the weight of its class; for one column of 0
// and 1, the first weight is that of 0. 1 where no weights are given.
template <class T>
double RowWeight(const T* y, size_t n, Vector<const double> class_weights) {
  if (class_weights.size == 0) return 1;
  if (n == 1 && class_weights.size == 2) {
    const double label = y[0];
    return class_weights[0] * (1 - label) + class_weights[1] * label;
  }
  CheckEqual("class_weights' length", n, class_weights.size);
  double weight = 0;
  for (size_t j = 0; j < n; ++j) weight += class_weights[j] * static_cast<double>(y[j]);
  return weight;
}

// A label that is the number of a class. Throws InvalidArgument for any other number.
template <class T>
size_t ClassNumber(T label, size_t classes) {
  const bool is_class = label >= 0 && label < static_cast<T>(classes) && label == std::floor(label);
  Check(is_class, "Expected the numbers of classes for labels");
  return static_cast<size_t>(label);
}

}  // namespace blasnet
