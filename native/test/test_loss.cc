#include "test/testing.h"

namespace blasnet::testing {

namespace {

// Sums of earlier batches, which a loss adds to.
constexpr double kEarlierRows = 7, kEarlierLoss = 2.5;

struct RuntimeScalars : Tensor<double> {
  RuntimeScalars() : Tensor<double>({scalars::kCount}) {
    Tensor::operator=(0);
    (*this)[scalars::kRows] = kEarlierRows;
    (*this)[scalars::kLossSum] = kEarlierLoss;
  }
  // Sums of n terms in double: n · ε relative to the terms' magnitudes.
  void CheckLoss(size_t rows, long double sum, long double magnitude, size_t terms) const {
    const long double tolerance = kEpsilon<double> * (terms + 8) * (magnitude + kEarlierLoss);
    CHECK((*this)[scalars::kRows] == kEarlierRows + rows);
    CHECK(std::abs((*this)[scalars::kLossSum] - (kEarlierLoss + sum)) <= tolerance);
    CHECK(std::abs((*this)[scalars::kBatchLoss] - sum / rows) <= tolerance);
    for (const size_t other : {scalars::kIteration, scalars::kEpoch, scalars::kFirstRow}) CHECK((*this)[other] == 0);
  }
};

template <class T>
void MeanSquaredError(Tensor<T>& a, Tensor<T>& y, Tensor<double>& scalars) {
  Call<T>("mean_squared_error").With("a", a).With("y", y).With("scalars", scalars).Run();
}

template <class T>
void BinaryCrossEntropy(Tensor<T>& z, Tensor<T>& y, Tensor<double>& scalars) {
  Tensor<double> none({0});
  Call<T>("binary_cross_entropy").With("z", z).With("y", y).With("classWeights", none).With("scalars", scalars).Run();
}

template <class T>
void CrossEntropy(Tensor<T>& z, Tensor<T>& log_sum, Tensor<T>& y, Tensor<double>& scalars) {
  Tensor<double> none({0});
  Call<T>("cross_entropy")
      .With("z", z)
      .With("logSum", log_sum)
      .With("y", y)
      .With("classWeights", none)
      .With("scalars", scalars)
      .Run();
}

template <class T>
void LossDelta(Tensor<T>& a, Tensor<T>& y, Tensor<T>& delta, Tensor<double>& class_weights, double scale = 1) {
  Call<T> call("loss_delta");
  call.With("a", a).With("y", y).With("classWeights", class_weights).With("delta", delta).With("scale", scale).Run();
}

template <class T>
void LossDelta(Tensor<T>& a, Tensor<T>& y, Tensor<T>& delta, double scale = 1) {
  Tensor<double> none({0});
  LossDelta(a, y, delta, none, scale);
}

template <class T>
T LogSum(const T* row, size_t cols) {
  const long double largest = *std::max_element(row, row + cols);
  long double sum = 0;
  for (size_t j = 0; j < cols; ++j) sum += std::exp(row[j] - largest);
  return static_cast<T>(largest + std::log(sum));
}

}  // namespace

TEST_CASE_TEMPLATE("mean_squared_error is Σ (a − y)² / 2m", T, float, double) {
  for (const size_t rows : kOddSizes) {
    for (const size_t cols : kOddSizes) {
      INFO("rows, cols = ", rows, ", ", cols);
      Tensor<T> a({rows, cols}), y({rows, cols});
      RuntimeScalars scalars;
      Numbers numbers(rows + 1000 * cols);
      numbers.Fill(a), numbers.Fill(y);
      MeanSquaredError(a, y, scalars);
      long double sum = 0;
      for (size_t i = 0; i < a.size(); ++i) sum += std::pow(static_cast<long double>(a[i]) - y[i], 2) / 2;
      scalars.CheckLoss(rows, sum, sum, a.size());
    }
  }
}

TEST_CASE_TEMPLATE("binary_cross_entropy is −Σ y ln σ(z) + (1 − y) ln(1 − σ(z))", T, float, double) {
  for (const size_t rows : kOddSizes) {
    for (const size_t cols : kOddSizes) {
      INFO("rows, cols = ", rows, ", ", cols);
      Tensor<T> z({rows, cols}), y({rows, cols});
      RuntimeScalars scalars;
      Numbers numbers(rows + 1000 * cols);
      numbers.Fill(z, -9, 9), numbers.Fill(y, 0, 1);
      BinaryCrossEntropy(z, y, scalars);
      long double sum = 0;
      for (size_t i = 0; i < z.size(); ++i) {
        const long double p = 1 / (1 + std::exp(-static_cast<long double>(z[i])));
        const long double q = 1 / (1 + std::exp(static_cast<long double>(z[i])));
        sum -= y[i] * std::log(p) + (1 - static_cast<long double>(y[i])) * std::log(q);
      }
      scalars.CheckLoss(rows, sum, sum, z.size());
    }
  }
}

TEST_CASE_TEMPLATE("cross_entropy is −Σ y ln softmax(z)", T, float, double) {
  for (const size_t rows : kOddSizes) {
    for (const size_t cols : kOddSizes) {
      INFO("rows, cols = ", rows, ", ", cols);
      Tensor<T> z({rows, cols}), log_sum({rows}), y({rows, cols});
      RuntimeScalars scalars;
      Numbers numbers(rows + 1000 * cols);
      numbers.Fill(z, -9, 9);
      y = 0;
      long double sum = 0, magnitude = 0;
      for (size_t i = 0; i < rows; ++i) {
        // A hard label in even rows, a soft one that lies on two classes in odd ones.
        const size_t label = numbers.Below(cols);
        y[i * cols + label] = T(i % 2 == 0 ? 1 : 0.75);
        if (i % 2 == 1) y[i * cols + (label + 1) % cols] += T(0.25);
        const T* row = z.data() + i * cols;
        log_sum[i] = LogSum(row, cols);
        for (size_t j = 0; j < cols; ++j) {
          const long double term = y[i * cols + j] * (static_cast<long double>(log_sum[i]) - row[j]);
          sum += term;
          magnitude += std::abs(term);
        }
      }
      CrossEntropy(z, log_sum, y, scalars);
      scalars.CheckLoss(rows, sum, magnitude, z.size());
    }
  }
}

TEST_CASE_TEMPLATE("losses of any finite logits are finite", T, float, double) {
  const T largest = std::numeric_limits<T>::max();
  for (const T logit : {T(0), T(1e4), T(-1e4), T(1e30), largest / 4, -largest / 4}) {
    for (const T label : {T(0), T(1)}) {
      INFO("logit, label = ", logit, ", ", label);
      Tensor<T> z({1, 2}, {logit, 0}), y({1, 2}, {label, T(1) - label}), a({1, 2}), log_sum({1});
      RuntimeScalars binary, multiple;
      BinaryCrossEntropy(z, y, binary);
      CHECK(std::isfinite(binary[scalars::kBatchLoss]));
      CHECK(binary[scalars::kBatchLoss] >= 0);
      Call<T>("softmax_forward").With("z", z).With("a", a).With("logSum", log_sum).Run();
      CrossEntropy(z, log_sum, y, multiple);
      CHECK(std::isfinite(multiple[scalars::kBatchLoss]));
      const double expected = label == 1 ? std::max(0.0, -double(logit)) : std::max(0.0, double(logit));
      if (logit != 0) CHECK(multiple[scalars::kBatchLoss] == doctest::Approx(expected));
    }
  }
}

TEST_CASE_TEMPLATE("loss_delta is scale · (a − y)", T, float, double) {
  for (const size_t size : kOddSizes) {
    Tensor<T> a({size}), y({size}), delta({size});
    Numbers numbers(size);
    numbers.Fill(a), numbers.Fill(y);
    LossDelta(a, y, delta, 0.25);
    for (size_t i = 0; i < size; ++i) CHECK(delta[i] == T(0.25) * (a[i] - y[i]));
  }
}

TEST_CASE_TEMPLATE("class weights: a row counts the weight of its class, in the loss and in the delta", T, float,
                   double) {
  Tensor<T> z({3, 2}, {1, -1, 2, 0, 0, 1}), one_hot({3, 2}, {1, 0, 0, 1, 1, 0}), log_sum({3}), delta({3, 2});
  for (size_t i = 0; i < 3; ++i) log_sum[i] = LogSum(&z[2 * i], 2);
  Tensor<double> weights({2}, {0.5, 4});
  RuntimeScalars scalars;
  Call<T>("cross_entropy")
      .With("z", z)
      .With("logSum", log_sum)
      .With("y", one_hot)
      .With("classWeights", weights)
      .With("scalars", scalars)
      .Run();
  const double rows[] = {log_sum[0] - 1.0, log_sum[1] - 0.0, log_sum[2] - 0.0};
  const double sum = 0.5 * rows[0] + 4 * rows[1] + 0.5 * rows[2];
  CHECK(scalars[scalars::kBatchLoss] == doctest::Approx(sum / 3));
  LossDelta(z, one_hot, delta, weights);
  CHECK(delta.values() == std::vector<T>{0, -0.5, 8, -4, -0.5, 0.5});

  Tensor<T> logits({3, 1}, {0, 0, 0}), zero_one({3, 1}, {0, 1, 1}), narrow({3, 1});
  RuntimeScalars binary;
  Call<T>("binary_cross_entropy")
      .With("z", logits)
      .With("y", zero_one)
      .With("classWeights", weights)
      .With("scalars", binary)
      .Run();
  CHECK(binary[scalars::kBatchLoss] == doctest::Approx((0.5 + 4 + 4) * std::log(2.0) / 3));
  LossDelta(logits, zero_one, narrow, weights);
  CHECK(narrow.values() == std::vector<T>{0, -4, -4});
}

TEST_CASE_TEMPLATE("require_finite stops at NaN and infinity, wherever they stand", T, float, double) {
  for (const size_t size : kOddSizes) {
    Tensor<T> values({size, 1});
    values = std::numeric_limits<T>::max();
    const auto require = [&] { Call<T>("require_finite").With("values", values).Run(); };
    CHECK_NOTHROW(require());
    for (const T lost : {kNaN<T>, std::numeric_limits<T>::infinity(), -std::numeric_limits<T>::infinity()}) {
      for (const size_t at : {size_t{0}, size / 2, size - 1}) {
        const T kept = values[at];
        values[at] = lost;
        CHECK_THROWS_AS(require(), NotFinite);
        values[at] = kept;
      }
    }
  }
}

TEST_CASE_TEMPLATE("require_finite_loss stops at NaN and infinity only", T, float, double) {
  RuntimeScalars scalars;
  const auto require = [&] { Call<T>("require_finite_loss").With("scalars", scalars).Run(); };
  for (const double good : {0.0, -1.0, 1e308}) {
    scalars[scalars::kBatchLoss] = good;
    CHECK_NOTHROW(require());
  }
  for (const double bad : {kNaN<double>, kInfinity<double>, -kInfinity<double>}) {
    scalars[scalars::kBatchLoss] = bad;
    CHECK_THROWS_AS(require(), NotFinite);
  }
}

TEST_CASE_TEMPLATE("losses refuse shapes that do not fit", T, float, double) {
  Tensor<T> z({6, 1}), y({6, 1}), short_y({5, 1}), transposed({1, 6}), log_sum({6}), short_sum({5}), delta({6, 1});
  Tensor<double> few({scalars::kCount - 1});
  z = 0, y = 0, transposed = 0, log_sum = 0, few = 0;
  RuntimeScalars scalars;
  CHECK_THROWS_AS(MeanSquaredError(z, short_y, scalars), InvalidArgument);
  CHECK_THROWS_AS(MeanSquaredError(z, y, few), InvalidArgument);
  CHECK_THROWS_AS(BinaryCrossEntropy(z, short_y, scalars), InvalidArgument);
  CHECK_THROWS_AS(BinaryCrossEntropy(z, y, few), InvalidArgument);
  CHECK_THROWS_AS(CrossEntropy(z, log_sum, short_y, scalars), InvalidArgument);
  CHECK_THROWS_AS(CrossEntropy(z, short_sum, y, scalars), InvalidArgument);
  CHECK_THROWS_AS(CrossEntropy(z, log_sum, y, few), InvalidArgument);
  // As many numbers, in other rows: reading row 5 of it would leave it.
  CHECK_THROWS_AS(CrossEntropy(z, log_sum, transposed, scalars), InvalidArgument);
  CHECK_THROWS_AS(LossDelta(z, short_y, delta), InvalidArgument);
  CHECK_THROWS_AS(LossDelta(z, y, short_y), InvalidArgument);
  Tensor<double> three({3}, {1, 1, 1});
  CHECK_THROWS_AS(LossDelta(z, y, delta, three), InvalidArgument);
  CHECK_THROWS_AS(Call<T>("require_finite_loss").With("scalars", few).Run(), InvalidArgument);
  CHECK(scalars[scalars::kRows] == kEarlierRows);
}

}  // namespace blasnet::testing
