// Metrics of nets that fit numbers, and means of numbers by row: sums in double.

#include <cmath>
#include <limits>

#include "core/check.h"
#include "core/registry.h"

namespace blasnet {

namespace {

// For R² = 1 − mean((a − y)²) / var(y): the number of labels, Σ (a − y)², one of the labels, and the sums of labels and
// of their squares about that one, which keeps their variance accurate.
enum SquaredSums : size_t { kElements, kSquaredError, kLabelShift, kLabelSum, kLabelSquares, kSquaredSums };

template <class T>
void AddSquaredErrors(Context&, Matrix<const T> a, Matrix<const T> y, Vector<double> sums) {
  CheckEqual("the sums' length", size_t{kSquaredSums}, sums.size);
  CheckEqual("y's size", a.size(), y.size());
  if (sums[kElements] == 0 && y.size() > 0) sums[kLabelShift] = y.data[0];
  const double shift = sums[kLabelShift];
  double squared_error = 0, sum = 0, squares = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double label = y.data[i], error = static_cast<double>(a.data[i]) - label;
    squared_error += error * error;
    sum += label - shift;
    squares += (label - shift) * (label - shift);
  }
  sums[kElements] += static_cast<double>(a.size());
  sums[kSquaredError] += squared_error;
  sums[kLabelSum] += sum;
  sums[kLabelSquares] += squares;
}

// The number of labels, Σ |a − y|, and Σ |a − y| / |y|, where |y| is at least 2⁻⁵² as in scikit-learn
template <class T>
void AddAbsoluteErrors(Context&, Matrix<const T> a, Matrix<const T> y, Vector<double> sums) {
  CheckEqual("the sums' length", size_t{3}, sums.size);
  CheckEqual("y's size", a.size(), y.size());
  double total = 0, relative = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double label = y.data[i], error = std::abs(static_cast<double>(a.data[i]) - label);
    total += error;
    relative += error / std::max(std::abs(label), std::numeric_limits<double>::epsilon());
  }
  sums[0] += static_cast<double>(a.size());
  sums[1] += total;
  sums[2] += relative;
}

// The number of rows, and the sum of what each row has
template <class T>
void AddRowNumbers(Context&, Vector<const T> values, Vector<double> sums) {
  CheckEqual("the sums' length", size_t{2}, sums.size);
  double total = 0;
  for (size_t i = 0; i < values.size; ++i) total += static_cast<double>(values[i]);
  sums[0] += static_cast<double>(values.size);
  sums[1] += total;
}

const KernelModule module([](Registry& registry) {
  registry.Add<&AddSquaredErrors<float>, &AddSquaredErrors<double>>("add_squared_errors", {"a", "y", "sums"});
  registry.Add<&AddAbsoluteErrors<float>, &AddAbsoluteErrors<double>>("add_absolute_errors", {"a", "y", "sums"});
  registry.Add<&AddRowNumbers<float>, &AddRowNumbers<double>>("add_row_numbers", {"values", "sums"});
});

}  // namespace

}  // namespace blasnet
