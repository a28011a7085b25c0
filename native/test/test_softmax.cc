#include "test/testing.h"

namespace blasnet::testing {

namespace {

template <class T>
void Softmax(Tensor<T>& z, Tensor<T>& a, Tensor<T>& log_sum) {
  Call<T>("softmax_forward").With("z", z).With("a", a).With("logSum", log_sum).Run();
}

// Probabilities and ln Σ e^z against their definitions, in long double. Terms of the sum are off by a few ε and by the
// rounding of z − max, which is ε/2 · |z − max| ≤ ε/2 · 90 for any term of a float that does not vanish.
template <class T>
void CheckAgainstDefinition(Tensor<T>& z, Tensor<T>& a, Tensor<T>& log_sum) {
  const size_t rows = z.shape()[0], cols = z.shape()[1];
  Worst probability, logarithm, total;
  for (size_t i = 0; i < rows; ++i) {
    const T* row = z.data() + i * cols;
    const long double largest = *std::max_element(row, row + cols);
    long double sum = 0;
    for (size_t j = 0; j < cols; ++j) sum += std::exp(row[j] - largest);
    logarithm.Add(log_sum[i], largest + std::log(sum), kEpsilon<T> * (cols + 8 + std::abs(largest)));
    long double ones = 0;
    for (size_t j = 0; j < cols; ++j) {
      const long double expected = std::exp(row[j] - largest) / sum;
      const long double tolerance = kEpsilon<T> * (cols + 8 + std::abs(row[j] - largest));
      probability.Add(a[i * cols + j], expected,
                      tolerance * std::max<long double>(expected, std::numeric_limits<T>::min()));
      ones += a[i * cols + j];
    }
    total.Add(ones, 1, kEpsilon<T> * (cols + 8));
  }
  CHECK(probability.ratio() <= 1);
  CHECK(logarithm.ratio() <= 1);
  CHECK(total.ratio() <= 1);
}

}  // namespace

TEST_CASE_TEMPLATE("softmax_forward gives probabilities and the logarithm of their sum", T, float, double) {
  for (const size_t rows : {1, 3, 17, 64, 65, 700}) {
    for (const size_t cols : kOddSizes) {
      INFO("rows, cols = ", rows, ", ", cols);
      Tensor<T> z({rows, cols}), a({rows, cols}), log_sum({rows});
      Numbers(rows + 1000 * cols).Fill(z, -20, 20);
      Softmax(z, a, log_sum);
      CheckAgainstDefinition(z, a, log_sum);
    }
  }
}

TEST_CASE_TEMPLATE("softmax of a single column is 1", T, float, double) {
  Tensor<T> z({4, 1}, {0, T(1e4), T(-1e4), T(3.25)}), a({4, 1}), log_sum({4});
  Softmax(z, a, log_sum);
  for (size_t i = 0; i < 4; ++i) {
    CHECK(a[i] == 1);
    CHECK(log_sum[i] == z[i]);
  }
}

TEST_CASE_TEMPLATE("softmax of equal logits is uniform, however large they are", T, float, double) {
  for (const double logit : {0.0, 1e4, -1e4, double(std::numeric_limits<T>::max())}) {
    for (const size_t cols : kOddSizes) {
      INFO("logit, cols = ", logit, ", ", cols);
      Tensor<T> z({2, cols}), a({2, cols}), log_sum({2});
      z = static_cast<T>(logit);
      Softmax(z, a, log_sum);
      for (size_t i = 0; i < a.size(); ++i) CHECK(a[i] == doctest::Approx(1.0 / cols).epsilon(kEpsilon<T> * 4));
      CHECK(log_sum[1] == doctest::Approx(logit + std::log(double(cols))).epsilon(kEpsilon<T> * 4));
    }
  }
}

TEST_CASE_TEMPLATE("softmax of extreme logits is one-hot", T, float, double) {
  const T largest = std::numeric_limits<T>::max();
  for (const T extreme : {T(1e4), largest}) {
    for (const size_t cols : {3, 17, 64, 65}) {
      Tensor<T> z({2, cols}), a({2, cols}), log_sum({2});
      z = -extreme;
      z[1] = extreme, z[2 * cols - 1] = extreme;
      Softmax(z, a, log_sum);
      for (size_t i = 0; i < a.size(); ++i) CHECK(a[i] == (i == 1 || i == 2 * cols - 1 ? 1 : 0));
      CHECK(log_sum[0] == extreme);
      CHECK(log_sum[1] == extreme);
    }
  }
}

TEST_CASE_TEMPLATE("softmax of a row with NaN or infinity is not a number, whichever column holds it", T, float,
                   double) {
  for (const T bad : {kNaN<T>, kInfinity<T>}) {
    for (const size_t cols : kOddSizes) {
      for (size_t where = 0; where < cols; ++where) {
        INFO("value, cols, where = ", bad, ", ", cols, ", ", where);
        Tensor<T> z({3, cols}), a({3, cols}), log_sum({3});
        z = 1;
        z[cols + where] = bad;
        Softmax(z, a, log_sum);
        bool all = std::isnan(log_sum[1]);
        for (size_t j = 0; j < cols; ++j) all = all && std::isnan(a[cols + j]);
        CHECK(all);
        CHECK(a[0] == doctest::Approx(1.0 / cols).epsilon(kEpsilon<T> * 4));
        CHECK(a[3 * cols - 1] == doctest::Approx(1.0 / cols).epsilon(kEpsilon<T> * 4));
      }
    }
  }
}

TEST_CASE_TEMPLATE("softmax gives a logit of −∞ no probability", T, float, double) {
  Tensor<T> z({1, 3}, {-kInfinity<T>, 2, 2}), a({1, 3}), log_sum({1});
  Softmax(z, a, log_sum);
  CHECK(a.values() == std::vector<T>{0, 0.5, 0.5});
}

TEST_CASE_TEMPLATE("softmax refuses shapes that do not fit", T, float, double) {
  Tensor<T> z({6, 1}), a({6, 1}), log_sum({6}), transposed({1, 6}), small({5, 1}), five({5}), empty({6, 0});
  CHECK_THROWS_AS(Softmax(z, small, log_sum), InvalidArgument);
  CHECK_THROWS_AS(Softmax(z, a, five), InvalidArgument);
  // As many numbers, in other rows: writing row 5 of it would leave it.
  CHECK_THROWS_AS(Softmax(z, transposed, log_sum), InvalidArgument);
  CHECK_THROWS_AS(Softmax(empty, empty, log_sum), InvalidArgument);
}

}  // namespace blasnet::testing
