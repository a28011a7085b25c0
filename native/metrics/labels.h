#pragma once

// Classes of outputs and of labels, for metrics.

#include <algorithm>
#include <cstddef>

#include "losses/sums.h"

namespace blasnet {

// Whether a row counts: all do where there is no mask.
template <class T>
bool Counts(Vector<const T> mask, size_t row) {
  return mask.size == 0 || mask[row] != T(0);
}

// How many of `rows` rows count. Throws InvalidArgument for a mask of another length.
template <class T>
double CountedRows(Vector<const T> mask, size_t rows) {
  if (mask.size == 0) return static_cast<double>(rows);
  CheckEqual("the mask's length", rows, mask.size);
  return static_cast<double>(mask.size - static_cast<size_t>(std::count(mask.data, mask.data + mask.size, T(0))));
}

// The place of a row's largest number; the first one of several.
template <class T>
size_t ArgMax(const T* row, size_t n) {
  return static_cast<size_t>(std::max_element(row, row + n) - row);
}

// Throws InvalidArgument unless y has a row of labels for each row of outputs: as many, or the number of a class.
template <class T>
void CheckLabels(Matrix<const T> a, Matrix<const T> y) {
  CheckEqual("y's rows", a.rows, y.rows);
  Check(a.cols > 0, "Expected at least one output");
  if (y.cols != 1) CheckEqual("y's width", a.cols, y.cols);
}

// The class of a row of labels: its number, or the place of the largest of one-hot labels. Of a single output, labels
// above 1/2 are class 1.
template <class T>
size_t LabelClass(Matrix<const T> y, size_t row, size_t outputs) {
  if (y.cols > 1) return ArgMax(y.row(row), y.cols);
  return outputs == 1 ? y.data[row] > T(0.5) : ClassNumber(y.data[row], outputs);
}

// The class of a row of outputs: the place of the largest. A single output above the threshold is class 1.
template <class T>
size_t OutputClass(Matrix<const T> a, size_t row, double threshold) {
  if (a.cols > 1) return ArgMax(a.row(row), a.cols);
  return a.data[row] > static_cast<T>(threshold);
}

}  // namespace blasnet
