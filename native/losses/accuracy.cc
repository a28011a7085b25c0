// What accuracies are quotients of, summed in double.

#include <algorithm>
#include <cmath>

#include "core/registry.h"
#include "core/runtime_scalars.h"

namespace blasnet {

namespace {

// For R² = 1 − mean((a − y)²) / var(y): sums of (a − y)², and of labels and their squares about the first one
template <class T>
void AccuracyFitting(Context&, Matrix<const T> a, Matrix<const T> y, Vector<double> scalars) {
  scalars::CheckCount(scalars.size);
  CheckEqual("y's size", a.size(), y.size());
  if (scalars[scalars::kElements] == 0 && y.size() > 0) scalars[scalars::kLabelShift] = y.data[0];
  const double shift = scalars[scalars::kLabelShift];
  double squared_error = 0, sum = 0, squares = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double label = y.data[i], error = static_cast<double>(a.data[i]) - label;
    squared_error += error * error;
    sum += label - shift;
    squares += (label - shift) * (label - shift);
  }
  scalars[scalars::kElements] += static_cast<double>(a.size());
  scalars[scalars::kSquaredError] += squared_error;
  scalars[scalars::kLabelSum] += sum;
  scalars[scalars::kLabelSquares] += squares;
}

// Outputs with round(a) = y, counted one by one; a half rounds to the even side, as in NumPy and PyTorch
template <class T>
void AccuracyBinary(Context&, Matrix<const T> a, Matrix<const T> y, Vector<double> scalars) {
  scalars::CheckCount(scalars.size);
  CheckEqual("y's size", a.size(), y.size());
  size_t correct = 0;
  for (size_t i = 0; i < a.size(); ++i) correct += std::nearbyint(a.data[i]) == y.data[i];
  scalars[scalars::kCorrect] += static_cast<double>(correct) / static_cast<double>(std::max<size_t>(1, a.cols));
}

// Rows with argmax a = argmax y
template <class T>
void AccuracyMultiple(Context&, Matrix<const T> a, Matrix<const T> y, Vector<double> scalars) {
  scalars::CheckCount(scalars.size);
  CheckEqual("y's rows", a.rows, y.rows);
  CheckEqual("y's width", a.cols, y.cols);
  size_t correct = 0;
  for (size_t i = 0; i < a.rows; ++i) {
    const auto arg_max = [&](const T* row) { return std::max_element(row, row + a.cols) - row; };
    correct += arg_max(a.row(i)) == arg_max(y.row(i));
  }
  scalars[scalars::kCorrect] += static_cast<double>(correct);
}

const KernelModule module([](Registry& registry) {
  registry.Add<&AccuracyFitting<float>, &AccuracyFitting<double>>("accuracy_fitting", {"a", "y", "scalars"});
  registry.Add<&AccuracyBinary<float>, &AccuracyBinary<double>>("accuracy_binary", {"a", "y", "scalars"});
  registry.Add<&AccuracyMultiple<float>, &AccuracyMultiple<double>>("accuracy_multiple", {"a", "y", "scalars"});
});

}  // namespace

}  // namespace blasnet
