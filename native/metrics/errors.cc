// Metrics of nets that fit numbers, and means of numbers by row: sums in double. A mask has a number for each row, 0
// for rows that do not count; without numbers, all do.

#include <cmath>
#include <limits>

#include "core/check.h"
#include "core/registry.h"
#include "metrics/labels.h"

namespace blasnet {

namespace {

// For R² = 1 − mean((a − y)²) / var(y): the number of labels, Σ (a − y)², one of the labels, and the sums of labels and
// of their squares about that one, which keeps their variance accurate.
enum SquaredSums : size_t { kElements, kSquaredError, kLabelShift, kLabelSum, kLabelSquares, kSquaredSums };

template <class T>
void AddSquaredErrors(Context&, Matrix<const T> a, Matrix<const T> y, Vector<const T> mask, Vector<double> sums) {
  CheckEqual("the sums' length", size_t{kSquaredSums}, sums.size);
  CheckEqual("y's size", a.size(), y.size());
  const double elements = CountedRows(mask, a.rows) * static_cast<double>(a.cols);
  const auto counts = [&](size_t i) { return mask.size == 0 || Counts(mask, i / a.cols); };
  size_t first = 0;
  while (first < a.size() && !counts(first)) ++first;
  if (sums[kElements] == 0 && first < a.size()) sums[kLabelShift] = y.data[first];
  const double shift = sums[kLabelShift];
  double squared_error = 0, sum = 0, squares = 0;
  for (size_t i = first; i < a.size(); ++i) {
    if (!counts(i)) continue;
    const double label = y.data[i], error = static_cast<double>(a.data[i]) - label;
    squared_error += error * error;
    sum += label - shift;
    squares += (label - shift) * (label - shift);
  }
  sums[kElements] += elements;
  sums[kSquaredError] += squared_error;
  sums[kLabelSum] += sum;
  sums[kLabelSquares] += squares;
}

// The number of labels, Σ |a − y|, and Σ |a − y| / |y|, where |y| is at least 2⁻⁵² as in scikit-learn
template <class T>
void AddAbsoluteErrors(Context&, Matrix<const T> a, Matrix<const T> y, Vector<const T> mask, Vector<double> sums) {
  CheckEqual("the sums' length", size_t{3}, sums.size);
  CheckEqual("y's size", a.size(), y.size());
  const double elements = CountedRows(mask, a.rows) * static_cast<double>(a.cols);
  double total = 0, relative = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    if (mask.size != 0 && !Counts(mask, i / a.cols)) continue;
    const double label = y.data[i], error = std::abs(static_cast<double>(a.data[i]) - label);
    total += error;
    relative += error / std::max(std::abs(label), std::numeric_limits<double>::epsilon());
  }
  sums[0] += elements;
  sums[1] += total;
  sums[2] += relative;
}

// The number of rows, and the sum of what each row has
template <class T>
void AddRowNumbers(Context&, Vector<const T> values, Vector<const T> mask, Vector<double> sums) {
  CheckEqual("the sums' length", size_t{2}, sums.size);
  const double rows = CountedRows(mask, values.size);
  double total = 0;
  for (size_t i = 0; i < values.size; ++i) total += Counts(mask, i) ? static_cast<double>(values[i]) : 0;
  sums[0] += rows;
  sums[1] += total;
}

const KernelModule module([](Registry& registry) {
  registry.Add<&AddSquaredErrors<float>, &AddSquaredErrors<double>>("add_squared_errors", {"a", "y", "mask", "sums"});
  registry.Add<&AddAbsoluteErrors<float>, &AddAbsoluteErrors<double>>("add_absolute_errors",
                                                                      {"a", "y", "mask", "sums"});
  registry.Add<&AddRowNumbers<float>, &AddRowNumbers<double>>("add_row_numbers", {"values", "mask", "sums"});
});

}  // namespace

}  // namespace blasnet
