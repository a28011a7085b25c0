#include "test/testing.h"

namespace blasnet::testing {

TEST_CASE_TEMPLATE("log_softmax and the derivatives of softmax and of its logarithm", T, float, double) {
  for (const size_t rows : {1, 17, 300}) {
    for (const size_t cols : kOddSizes) {
      INFO("rows, cols = ", rows, ", ", cols);
      Tensor<T> x({rows, cols}), y({rows, cols}), p({rows, cols}), dy({rows, cols}), dx({rows, cols}), dp({rows, cols});
      Numbers numbers(rows + cols);
      numbers.Fill(x, -20, 20);
      numbers.Fill(dy);
      Call<T>("log_softmax").With("x", x).With("y", y).Run();
      for (size_t i = 0; i < y.size(); ++i) p[i] = std::exp(y[i]);
      dx = T(1);
      Call<T>("log_softmax_backward").With("y", y).With("dy", dy).With("dx", dx).With("accumulate", 1.0).Run();
      Call<T>("softmax_backward").With("y", p).With("dy", dy).With("dx", dp).With("accumulate", 0.0).Run();
      Worst value, logarithmic, plain;
      for (size_t i = 0; i < rows; ++i) {
        const T* row = x.data() + i * cols;
        const long double largest = *std::max_element(row, row + cols);
        long double sum = 0, total = 0, dot = 0;
        for (size_t j = 0; j < cols; ++j) {
          sum += std::exp(row[j] - largest);
          total += dy[i * cols + j];
          dot += static_cast<long double>(dy[i * cols + j]) * p[i * cols + j];
        }
        for (size_t j = 0; j < cols; ++j) {
          const size_t at = i * cols + j;
          const long double expected = row[j] - largest - std::log(sum);
          value.Add(y[at], expected, kEpsilon<T> * (cols + 8 + 2 * std::abs(row[j]) + std::abs(largest)));
          const long double tolerance = kEpsilon<T> * (cols + 16) * 2;
          logarithmic.Add(dx[at], 1 + dy[at] - std::exp(static_cast<long double>(y[at])) * total, tolerance);
          plain.Add(dp[at], p[at] * (dy[at] - dot), tolerance);
        }
      }
      CHECK(value.ratio() <= 1);
      CHECK(logarithmic.ratio() <= 1);
      CHECK(plain.ratio() <= 1);
    }
  }
}

}  // namespace blasnet::testing
