#include "test/testing.h"

namespace blasnet::testing {

namespace {

using Real = long double;

template <class T>
struct Softmax {
  Tensor<T> z, a, log_sum, loss, dloss, dz;

  Softmax(size_t rows, size_t cols, double reach, Numbers& numbers)
      : z({rows, cols}), a({rows, cols}), log_sum({rows}), loss({rows}), dloss({rows}), dz({rows, cols}) {
    numbers.Fill(z, -reach, reach), numbers.Fill(dloss);
    Call<T>("softmax_forward").With("z", z).With("a", a).With("logSum", log_sum).Run();
  }
  // ln of the probabilities of a row, by definition.
  std::vector<Real> LogsOf(size_t i) const {
    const size_t n = z.shape()[1];
    const T* row = z.data() + i * n;
    const Real largest = *std::max_element(row, row + n);
    Real sum = 0;
    for (size_t k = 0; k < n; ++k) sum += std::exp(row[k] - largest);
    std::vector<Real> logs;
    for (size_t k = 0; k < n; ++k) logs.push_back(row[k] - largest - std::log(sum));
    return logs;
  }
};

template <class T>
void CrossEntropyRows(Softmax<T>& s, Tensor<T>& y, double smoothing, double accumulate) {
  Call<T>("cross_entropy_rows")
      .With("z", s.z)
      .With("logSum", s.log_sum)
      .With("y", y)
      .With("loss", s.loss)
      .With("smoothing", smoothing)
      .Run();
  Call<T>("cross_entropy_rows_backward")
      .With("a", s.a)
      .With("y", y)
      .With("dloss", s.dloss)
      .With("dz", s.dz)
      .With("smoothing", smoothing)
      .With("accumulate", accumulate)
      .Run();
}

template <class T>
void SparseRows(Softmax<T>& s, Tensor<T>& y, double accumulate) {
  Call<T>("sparse_cross_entropy_rows").With("z", s.z).With("logSum", s.log_sum).With("y", y).With("loss", s.loss).Run();
  Call<T>("sparse_cross_entropy_rows_backward")
      .With("a", s.a)
      .With("y", y)
      .With("dloss", s.dloss)
      .With("dz", s.dz)
      .With("accumulate", accumulate)
      .Run();
}

template <class T>
void FocalRows(Softmax<T>& s, Tensor<T>& y, double gamma, double alpha, double accumulate) {
  Call<T>("focal_rows")
      .With("z", s.z)
      .With("logSum", s.log_sum)
      .With("y", y)
      .With("loss", s.loss)
      .With("gamma", gamma)
      .With("alpha", alpha)
      .Run();
  Call<T>("focal_rows_backward")
      .With("z", s.z)
      .With("logSum", s.log_sum)
      .With("a", s.a)
      .With("y", y)
      .With("dloss", s.dloss)
      .With("dz", s.dz)
      .With("gamma", gamma)
      .With("alpha", alpha)
      .With("accumulate", accumulate)
      .Run();
}

template <class T>
void FillOneHot(Tensor<T>& y, Numbers& numbers) {
  y = 0;
  const size_t cols = y.shape()[1];
  for (size_t i = 0; i < y.shape()[0]; ++i) y[i * cols + numbers.Below(cols)] = 1;
}

}  // namespace

TEST_CASE_TEMPLATE("cross_entropy_rows: losses and gradients by the logits, with smoothed labels", T, float, double) {
  for (const size_t rows : {1, 40}) {
    for (const size_t cols : {1, 2, 10, 65, 1030}) {
      for (const double smoothing : {0.0, 0.1}) {
        for (const double begun : {0.0, 1.0}) {
          INFO(rows << " × " << cols << ", smoothing " << smoothing);
          Numbers numbers(rows + 1000 * cols);
          Softmax<T> s(rows, cols, 5, numbers);
          Tensor<T> y({rows, cols});
          if (begun == 0) {
            FillOneHot(y, numbers);
          } else {
            numbers.Fill(y, 0, 1);  // any labels, which need not sum to 1
          }
          s.dz = T(0.25);
          CrossEntropyRows(s, y, smoothing, begun);
          Worst value, slope;
          for (size_t i = 0; i < rows; ++i) {
            Real total = 0, magnitude = 0, labels = 0;
            const std::vector<Real> logs = s.LogsOf(i);
            const auto smoothed = [&](size_t j) { return y[i * cols + j] * (1 - smoothing) + smoothing / cols; };
            for (size_t j = 0; j < cols; ++j) {
              total -= smoothed(j) * logs[j];
              magnitude += smoothed(j) * (12 - logs[j]);
              labels += smoothed(j);
            }
            value.Add(s.loss[i], total, 8 * kEpsilon<T> * magnitude);
            for (size_t j = 0; j < cols; ++j) {
              const Real expected = begun * 0.25L + s.dloss[i] * (std::exp(logs[j]) * labels - smoothed(j));
              slope.Add(s.dz[i * cols + j], expected, (cols + 24) * kEpsilon<T> * (1 + labels));
            }
          }
          CHECK(value.ratio() <= 1);
          CHECK(slope.ratio() <= 1);
        }
      }
    }
  }
}

TEST_CASE_TEMPLATE("sparse_cross_entropy_rows is the cross entropy of one-hot labels", T, float, double) {
  for (const size_t rows : {1, 17, 300}) {
    for (const size_t cols : {1, 2, 10, 65}) {
      for (const double accumulate : {0.0, 1.0}) {
        INFO(rows << " × " << cols);
        Numbers numbers(rows + 1000 * cols);
        Softmax<T> s(rows, cols, 5, numbers);
        Tensor<T> classes({rows, 1}), y({rows, cols});
        y = 0;
        for (size_t i = 0; i < rows; ++i) {
          const size_t label = numbers.Below(cols);
          classes[i] = static_cast<T>(label);
          y[i * cols + label] = 1;
        }
        s.dz = T(0.25);
        CrossEntropyRows(s, y, 0, accumulate);
        const std::vector<T> loss = s.loss.values(), dz = s.dz.values();
        s.dz = T(0.25);
        SparseRows(s, classes, accumulate);
        Worst worst;
        for (size_t i = 0; i < loss.size(); ++i) worst.Add(s.loss[i], loss[i], kEpsilon<T> * 12);
        for (size_t i = 0; i < dz.size(); ++i) worst.Add(s.dz[i], dz[i], kEpsilon<T> * 4);
        CHECK(worst.ratio() <= 1);
      }
    }
  }
}

TEST_CASE_TEMPLATE("focal_rows: losses and gradients by the logits", T, float, double) {
  for (const auto& constants : std::vector<std::vector<double>>{{2, 0.25}, {0, 1}, {0.5, 1}, {3.5, 2}}) {
    const double gamma = constants[0], alpha = constants[1];
    for (const size_t cols : {1, 2, 10, 65}) {
      for (const double accumulate : {0.0, 1.0}) {
        INFO(cols << " classes, γ " << gamma);
        const size_t rows = 33;
        Numbers numbers(cols);
        Softmax<T> s(rows, cols, 5, numbers);
        Tensor<T> y({rows, cols});
        if (accumulate == 0) {
          FillOneHot(y, numbers);
        } else {
          numbers.Fill(y, 0, 1);
        }
        s.dz = T(0.25);
        FocalRows(s, y, gamma, alpha, accumulate);
        Worst value, slope;
        for (size_t i = 0; i < rows; ++i) {
          Real total = 0, sum = 0;
          const std::vector<Real> logs = s.LogsOf(i);
          std::vector<Real> t(cols);
          for (size_t j = 0; j < cols; ++j) {
            const Real log_p = logs[j], rest = -std::expm1(log_p), label = y[i * cols + j];
            total -= alpha * label * std::pow(rest, gamma) * log_p;
            const Real ratio = rest <= 0 ? -1 : std::exp(log_p) * log_p / rest;
            t[j] = alpha * label * std::pow(rest, gamma) * (gamma * ratio - 1);
            sum += t[j];
          }
          value.Add(s.loss[i], total, 64 * kEpsilon<T> * (std::abs(total) + cols * (1 + gamma) * alpha));
          for (size_t j = 0; j < cols; ++j) {
            const Real expected = accumulate * 0.25L + s.dloss[i] * (t[j] - std::exp(logs[j]) * sum);
            slope.Add(s.dz[i * cols + j], expected, 64 * kEpsilon<T> * (1 + gamma) * alpha * (1 + std::abs(sum)));
          }
        }
        CHECK(value.ratio() <= 1);
        CHECK(slope.ratio() <= 1);
      }
    }
  }
}

TEST_CASE_TEMPLATE("losses of classes are finite at logits of ±1000, and pass NaN on", T, float, double) {
  Numbers numbers(1);
  Softmax<T> s(2, 3, 1, numbers);
  s.z[0] = 1000, s.z[1] = -1000, s.z[2] = 0, s.z[3] = kNaN<T>;
  Call<T>("softmax_forward").With("z", s.z).With("a", s.a).With("logSum", s.log_sum).Run();
  Tensor<T> y({2, 3}, {0, 1, 0, 1, 0, 0}), classes({2}, {1, 0});
  s.dloss = 1;
  CrossEntropyRows(s, y, 0, 0);
  CHECK(s.loss[0] == 2000);
  CHECK(std::isnan(s.loss[1]));
  CHECK(s.dz.values()[1] == -1);
  SparseRows(s, classes, 0);
  CHECK(s.loss[0] == 2000);
  CHECK(std::isnan(s.loss[1]));
  FocalRows(s, y, 2, 0.25, 0);
  CHECK(s.loss[0] == 500);
  CHECK(std::isnan(s.loss[1]));
  CHECK(s.dz[1] == doctest::Approx(-0.25));
}

TEST_CASE_TEMPLATE("losses of classes refuse what does not fit", T, float, double) {
  Numbers numbers(1);
  Softmax<T> s(4, 3, 1, numbers), other(5, 3, 1, numbers);
  Tensor<T> y({4, 3}), short_y({5, 3}), narrow({4, 1});
  y = 0, short_y = 0, narrow = 0;
  CHECK_THROWS_AS(CrossEntropyRows(s, short_y, 0, 0), InvalidArgument);
  CHECK_THROWS_AS(CrossEntropyRows(s, narrow, 0, 0), InvalidArgument);
  CHECK_THROWS_AS(FocalRows(s, narrow, 2, 1, 0), InvalidArgument);
  CHECK_THROWS_AS(SparseRows(s, y, 0), InvalidArgument);
  for (const T label : {T(-1), T(3), T(0.5), kNaN<T>, kInfinity<T>}) {
    narrow = 0;
    narrow[2] = label;
    CHECK_THROWS_AS(SparseRows(s, narrow, 0), InvalidArgument);
    s.dz = T(7);
    Call<T> backward("sparse_cross_entropy_rows_backward");
    backward.With("a", s.a).With("y", narrow).With("dloss", s.dloss).With("dz", s.dz).With("accumulate", 0.0);
    CHECK_THROWS_AS(backward.Run(), InvalidArgument);
    CHECK(s.dz[0] == 7);
  }
}

}  // namespace blasnet::testing
