#include "test/testing.h"

namespace blasnet::testing {

namespace {

// Calls an accuracy kernel on scalars that hold 1 everywhere, and returns them: labels are then summed about a shift
// of 1.
template <class T>
std::vector<double> Accuracy(const char* kernel, Tensor<T>& a, Tensor<T>& y) {
  Tensor<double> scalars({scalars::kCount});
  scalars = 1;
  Call<T>(kernel).With("a", a).With("y", y).With("scalars", scalars).Run();
  return scalars.values();
}

}  // namespace

TEST_CASE_TEMPLATE("accuracy_fitting sums what R² is made of", T, float, double) {
  for (const size_t rows : kOddSizes) {
    for (const size_t cols : {1, 3}) {
      Tensor<T> a({rows, cols}), y({rows, cols});
      Numbers numbers(rows + 1000 * cols);
      numbers.Fill(a), numbers.Fill(y);
      const std::vector<double> scalars = Accuracy("accuracy_fitting", a, y);
      long double errors = 0, sum = 0, squares = 0;
      for (size_t i = 0; i < a.size(); ++i) {
        errors += std::pow(static_cast<long double>(a[i]) - y[i], 2);
        const long double label = static_cast<long double>(y[i]) - 1;
        sum += label;
        squares += label * label;
      }
      const long double tolerance = kEpsilon<double> * (a.size() + 4) * (a.size() + 4);
      CHECK(scalars[scalars::kElements] == 1 + static_cast<double>(a.size()));
      CHECK(std::abs(scalars[scalars::kSquaredError] - (1 + errors)) <= tolerance);
      CHECK(std::abs(scalars[scalars::kLabelSum] - (1 + sum)) <= tolerance);
      CHECK(std::abs(scalars[scalars::kLabelSquares] - (1 + squares)) <= tolerance);
      for (const size_t other : {scalars::kRows, scalars::kLossSum, scalars::kCorrect, scalars::kBatchLoss}) {
        CHECK(scalars[other] == 1);
      }
    }
  }
}

TEST_CASE_TEMPLATE("accuracy_fitting takes the first label as the shift, and keeps it until the sums are cleared", T,
                   float, double) {
  Tensor<T> a({2, 1}, {1, 2}), y({2, 1}, {T(1000000.5), T(1000001)});
  Tensor<double> scalars({scalars::kCount});
  scalars = 0;
  for (int batch = 0; batch < 2; ++batch) {
    Call<T>("accuracy_fitting").With("a", a).With("y", y).With("scalars", scalars).Run();
    std::swap(y[0], y[1]);
  }
  CHECK(scalars[scalars::kLabelShift] == 1000000.5);
  CHECK(scalars[scalars::kLabelSum] == 1);
  CHECK(scalars[scalars::kLabelSquares] == 0.5);
}

TEST_CASE_TEMPLATE("accuracy_binary counts outputs that round to their label", T, float, double) {
  Tensor<T> a({6, 1}, {T(0.2), T(0.7), T(0.5), T(0.49), kNaN<T>, 1}), y({6, 1}, {0, 1, 0, 1, 1, 0});
  CHECK(Accuracy("accuracy_binary", a, y)[scalars::kCorrect] == 1 + 3);
  // Of several outputs a row, each is a share of the row.
  Tensor<T> pair({2, 2}, {T(0.9), T(0.1), T(0.9), T(0.9)}), labels({2, 2}, {1, 0, 1, 0});
  CHECK(Accuracy("accuracy_binary", pair, labels)[scalars::kCorrect] == 1 + 1.5);
}

TEST_CASE_TEMPLATE("accuracy_multiple counts rows whose largest output is the label's", T, float, double) {
  for (const size_t rows : kOddSizes) {
    for (const size_t cols : {2, 10, 65}) {
      Tensor<T> a({rows, cols}), y({rows, cols});
      Numbers numbers(rows + 1000 * cols);
      y = 0;
      size_t correct = 0;
      for (size_t i = 0; i < rows; ++i) {
        const size_t label = numbers.Below(cols), guess = numbers.Below(2) == 0 ? label : numbers.Below(cols);
        for (size_t j = 0; j < cols; ++j) a[i * cols + j] = static_cast<T>(numbers.Uniform(0, 0.5));
        a[i * cols + guess] = T(0.6);
        y[i * cols + label] = 1;
        correct += guess == label;
      }
      CHECK(Accuracy("accuracy_multiple", a, y)[scalars::kCorrect] == 1 + static_cast<double>(correct));
    }
  }
}

TEST_CASE_TEMPLATE("accuracies refuse shapes that do not fit", T, float, double) {
  Tensor<T> a({6, 1}), y({6, 1}), short_y({5, 1}), transposed({1, 6});
  Tensor<double> few({scalars::kCount - 1});
  a = 0, y = 0, transposed = 0, few = 0;
  for (const char* kernel : {"accuracy_fitting", "accuracy_binary", "accuracy_multiple"}) {
    CAPTURE(kernel);
    CHECK_THROWS_AS(Accuracy(kernel, a, short_y), InvalidArgument);
    CHECK_THROWS_AS(Call<T>(kernel).With("a", a).With("y", y).With("scalars", few).Run(), InvalidArgument);
  }
  CHECK_THROWS_AS(Accuracy("accuracy_multiple", a, transposed), InvalidArgument);
}

}  // namespace blasnet::testing
