#include "test/testing.h"
#include "test/tier.h"

namespace blasnet::testing {

namespace {

using Real = long double;

// A loss by its definition, for one output: its value, which the derivative follows from by the derivative given.
struct RowLoss {
  std::string name;
  double first, second;
  Real (*value)(Real a, Real y, Real first, Real second);
  Real (*slope)(Real a, Real y, Real first, Real second);
  double low, high;    // range of the outputs
  bool signs = false;  // labels are −1, 0 and 1; else from 0 to 1
};

Real Softplus(Real z) { return std::max<Real>(z, 0) + std::log1p(std::exp(-std::abs(z))); }
Real Sigmoid(Real z) { return 1 / (1 + std::exp(-z)); }

const RowLoss kRowLosses[] = {
    {"squared_error", 0, 0, [](Real a, Real y, Real, Real) { return (a - y) * (a - y); },
     [](Real a, Real y, Real, Real) { return 2 * (a - y); }, -3, 3},
    {"absolute_error", 0, 0, [](Real a, Real y, Real, Real) { return std::abs(a - y); },
     [](Real a, Real y, Real, Real) { return a == y ? 0 : std::copysign(1.0L, a - y); }, -3, 3},
    {"huber", 0.75, 0,
     [](Real a, Real y, Real d, Real) {
       const Real e = std::abs(a - y);
       return e <= d ? e * e / 2 : d * (e - d / 2);
     },
     [](Real a, Real y, Real d, Real) { return std::clamp<Real>(a - y, -d, d); }, -3, 3},
    {"log_cosh", 0, 0, [](Real a, Real y, Real, Real) { return std::log(std::cosh(a - y)); },
     [](Real a, Real y, Real, Real) { return std::tanh(a - y); }, -30, 30},
    {"hinge", 0, 0, [](Real a, Real y, Real, Real) { return std::max<Real>(0, 1 - (y == 0 ? -1 : y) * a); },
     [](Real a, Real y, Real, Real) {
       const Real t = y == 0 ? -1 : y;
       return 1 - t * a > 0 ? -t : 0;
     },
     -3, 3, true},
    {"poisson", 1e-7, 0, [](Real a, Real y, Real e, Real) { return a - y * std::log(std::max(a, e)); },
     [](Real a, Real y, Real e, Real) { return 1 - (a < e ? 0 : y / a); }, -1, 5},
    {"binary_cross_entropy", 0.2, 0,
     [](Real z, Real y, Real s, Real) {
       const Real label = y * (1 - s) + s / 2;
       return label * Softplus(-z) + (1 - label) * Softplus(z);
     },
     [](Real z, Real y, Real s, Real) { return Sigmoid(z) - (y * (1 - s) + s / 2); }, -20, 20},
    {"binary_focal", 2, 0.25,
     [](Real z, Real y, Real g, Real a) {
       const Real p = Sigmoid(z), q = Sigmoid(-z);
       return a * y * std::pow(q, g) * Softplus(-z) + (1 - a) * (1 - y) * std::pow(p, g) * Softplus(z);
     },
     [](Real z, Real y, Real g, Real a) {
       const Real p = Sigmoid(z), q = Sigmoid(-z);
       return (1 - a) * (1 - y) * std::pow(p, g) * (p + g * q * Softplus(z)) -
              a * y * std::pow(q, g) * (q + g * p * Softplus(-z));
     },
     -20, 20},
};

template <class T>
void Value(const RowLoss& loss, Tensor<T>& a, Tensor<T>& y, Tensor<T>& result, double scale) {
  Call<T>(loss.name + "_rows")
      .With("a", a)
      .With("y", y)
      .With("loss", result)
      .With("first", loss.first)
      .With("second", loss.second)
      .With("scale", scale)
      .Run();
}

template <class T>
void Backward(const RowLoss& loss, Tensor<T>& a, Tensor<T>& y, Tensor<T>& dloss, Tensor<T>& da, double scale,
              double accumulate) {
  Call<T>(loss.name + "_rows_backward")
      .With("a", a)
      .With("y", y)
      .With("dloss", dloss)
      .With("da", da)
      .With("first", loss.first)
      .With("second", loss.second)
      .With("scale", scale)
      .With("accumulate", accumulate)
      .Run();
}

}  // namespace

TEST_CASE_TEMPLATE("row losses and their derivatives", T, float, double) {
  for (const RowLoss& loss : kRowLosses) {
    for (const auto& shape : std::vector<std::vector<size_t>>{
             {1, 1}, {3, 64}, {17, 1}, {300, 1}, {17, 2}, {300, 10}, {17, 65}, {3, 1025}, {40, 1025}}) {
      const size_t rows = shape[0], cols = shape[1];
      if (IsQuick() && rows * cols > 10000) continue;
      INFO(loss.name << " of " << rows << " × " << cols);
      Tensor<T> a({rows, cols}), y({rows, cols}), result({rows}), dloss({rows}), da({rows, cols}), sum({rows, cols});
      Numbers numbers(rows + 1000 * cols);
      numbers.Fill(a, loss.low, loss.high), numbers.Fill(y, 0, 1), numbers.Fill(dloss), numbers.Fill(sum);
      if (loss.signs) {
        for (size_t i = 0; i < y.size(); ++i) y[i] = static_cast<T>(static_cast<int>(numbers.Below(3)) - 1);
      }
      const std::vector<T> before = sum.values();
      const double scale = 0.5;
      Value(loss, a, y, result, scale);
      Backward(loss, a, y, dloss, da, scale, 0);
      Backward(loss, a, y, dloss, sum, scale, 1);
      const Real first = static_cast<T>(loss.first), second = static_cast<T>(loss.second);
      Worst value, slope, added;
      for (size_t i = 0; i < rows; ++i) {
        Real total = 0, magnitude = 0;
        for (size_t j = 0; j < cols; ++j) {
          const size_t at = i * cols + j;
          const Real one = loss.value(a[at], y[at], first, second);
          total += one;
          magnitude += std::abs(one) + std::abs(static_cast<Real>(a[at])) + 1;
          const Real expected = dloss[i] * scale * loss.slope(a[at], y[at], first, second);
          const Real tolerance = 24 * kEpsilon<T> * (std::abs(expected) + std::abs(dloss[i]));
          slope.Add(da[at], expected, tolerance);
          added.Add(sum[at], before[at] + expected, tolerance + kEpsilon<T> * std::abs(before[at]));
        }
        value.Add(result[i], scale * total, 8 * kEpsilon<T> * scale * magnitude);
      }
      CHECK(value.ratio() <= 1);
      CHECK(slope.ratio() <= 1);
      CHECK(added.ratio() <= 1);
    }
  }
}

TEST_CASE_TEMPLATE("row losses are sums in double", T, float, double) {
  // 2²⁴ + 1 is no float: a sum in float would stay at 2²⁴.
  const size_t cols = 5000;
  Tensor<T> a({1, cols}), y({1, cols}), result({1});
  a = 1, y = 0;
  a[0] = T(4096);
  Value(kRowLosses[0], a, y, result, 1);
  CHECK(result[0] == static_cast<T>(4096.0 * 4096.0 + cols - 1));
}

TEST_CASE_TEMPLATE("log_cosh keeps the digits of small errors", T, float, double) {
  Tensor<T> a({4, 1}, {T(1e-4), T(-1e-3), T(0.5), 100}), y({4, 1}), result({4});
  y = 0;
  Value(kRowLosses[3], a, y, result, 1);
  Worst worst;
  for (size_t i = 0; i < 3; ++i) {
    const Real half = std::sinh(static_cast<Real>(a[i]) / 2), expected = std::log1p(2 * half * half);
    worst.Add(result[i], expected, 8 * kEpsilon<T> * expected);
  }
  worst.Add(result[3], 100 - std::log(2.0L), 100 * kEpsilon<T>);
  CHECK(worst.ratio() <= 1);
}

TEST_CASE_TEMPLATE("row losses pass NaN on, and losses of logits are finite for all finite logits", T, float, double) {
  for (const RowLoss& loss : kRowLosses) {
    CAPTURE(loss.name);
    Tensor<T> a({3, 2}), y({3, 2}), result({3}), dloss({3}), da({3, 2});
    a = T(0.5), y = 1, dloss = 1;
    a[3] = kNaN<T>;
    Value(loss, a, y, result, 1);
    CHECK(std::isfinite(result[0]));
    CHECK(std::isnan(result[1]));
    CHECK(std::isfinite(result[2]));
    if (loss.name.find("binary") == std::string::npos) continue;
    for (const T z : {T(1000), T(-1000), T(1e30), T(-1e30)}) {
      for (const T label : {0, 1}) {
        a = z, y = label;
        Value(loss, a, y, result, 1);
        Backward(loss, a, y, dloss, da, 1, 0);
        CHECK(std::isfinite(result[0]));
        CHECK(std::isfinite(da[0]));
      }
    }
  }
}

TEST_CASE_TEMPLATE("row losses refuse shapes that do not fit", T, float, double) {
  Tensor<T> a({6, 2}), y({6, 2}), short_y({5, 2}), narrow({6, 1}), result({6}), short_result({5});
  a = 0, y = 0, short_y = 0, narrow = 0, result = 0, short_result = 0;
  const RowLoss& loss = kRowLosses[0];
  CHECK_THROWS_AS(Value(loss, a, short_y, result, 1), InvalidArgument);
  CHECK_THROWS_AS(Value(loss, a, narrow, result, 1), InvalidArgument);
  CHECK_THROWS_AS(Value(loss, a, y, short_result, 1), InvalidArgument);
  CHECK_THROWS_AS(Backward(loss, a, y, short_result, y, 1, 0), InvalidArgument);
  CHECK_THROWS_AS(Backward(loss, a, y, result, narrow, 1, 0), InvalidArgument);
}

}  // namespace blasnet::testing
