#include "test/activations.h"

namespace blasnet::testing {

namespace {

template <class T>
void Forward(const Activation& activation, Tensor<T>& x, Tensor<T>& y) {
  Call<T>(activation.forward()).With("x", x).With("y", y).With("parameter", activation.parameter).Run();
}

template <class T>
void Backward(const Activation& activation, Tensor<T>& x, Tensor<T>& y, Tensor<T>& dy, Tensor<T>& dx) {
  Call<T>(activation.backward())
      .With("x", x)
      .With("y", y)
      .With("dy", dy)
      .With("dx", dx)
      .With("parameter", activation.parameter)
      .Run();
}

// Numbers of every size that matters: evenly spaced where activations bend, and magnitudes down to denormal ones.
template <class T>
void FillWithAllSizes(Tensor<T>& x) {
  Numbers numbers(7);
  const int least = std::numeric_limits<T>::min_exponent - std::numeric_limits<T>::digits;
  for (size_t i = 0; i < x.size(); ++i) {
    const double sign = i % 2 == 0 ? 1 : -1;
    switch (i % 8 / 2) {
      case 0:
        x[i] = static_cast<T>(sign * numbers.Uniform(0, 4));
        break;
      case 1:
        x[i] = static_cast<T>(sign * numbers.Uniform(0, 100));
        break;
      case 2:
        x[i] = static_cast<T>(sign * std::exp2(numbers.Uniform(-20, 10)));
        break;
      default:
        x[i] = static_cast<T>(sign * std::exp2(numbers.Uniform(least, 10)));
    }
  }
}

// Below the smallest normal number digits are lost, and a product with x multiplies what was lost.
template <class T>
long double Smallest(T x) {
  return std::max<long double>(1, std::abs(x)) * std::numeric_limits<T>::min();
}

template <class T>
double LargestError(const Activation& activation, Tensor<T>& x, Tensor<T>& y) {
  Worst worst;
  const T parameter = static_cast<T>(activation.parameter);
  for (size_t i = 0; i < x.size(); ++i) {
    long double expected = activation.function(x[i], parameter);
    // selu multiplies the largest numbers by more than 1.
    if (std::abs(expected) > std::numeric_limits<T>::max()) expected = std::copysign(kInfinity<T>, x[i]);
    // The tail e^(−x²/2) of the normal distribution multiplies the rounding of x/√2.
    const long double condition = activation.name == "gelu" && x[i] < 0 ? 1 + x[i] * static_cast<long double>(x[i]) : 1;
    worst.Add(y[i], expected, kEpsilon<T> * std::max(std::abs(expected) * condition, Smallest(x[i])));
  }
  return worst.ratio();
}

}  // namespace

TEST_CASE_TEMPLATE("activations of any number of elements are those of their definitions", T, float, double) {
  for (const Activation& activation : kActivations) {
    CAPTURE(activation.name);
    for (const size_t size : kOddSizes) {
      CAPTURE(size);
      Tensor<T> x({size}), y({size});
      Numbers(size).Fill(x, -3, 3);
      Forward(activation, x, y);
      CHECK(LargestError(activation, x, y) <= activation.bound<T>());
    }
  }
}

TEST_CASE_TEMPLATE("activations are accurate for numbers of every size", T, float, double) {
  Tensor<T> x({250, 161}), y({250, 161});
  FillWithAllSizes(x);
  for (const Activation& activation : kActivations) {
    CAPTURE(activation.name);
    Forward(activation, x, y);
    CHECK(LargestError(activation, x, y) <= activation.bound<T>());
  }
}

TEST_CASE_TEMPLATE("activations are finite for finite numbers", T, float, double) {
  using Limits = std::numeric_limits<T>;
  const std::vector<T> finite = {
      0,      T(-0.0), Limits::denorm_min(), -Limits::denorm_min(), Limits::min(), -Limits::min(),
      T(1e4), T(-1e4), Limits::max(),        Limits::lowest()};
  for (const Activation& activation : kActivations) {
    CAPTURE(activation.name);
    Tensor<T> x({finite.size()}, finite), y({finite.size()}), dy({finite.size()}), dx({finite.size()});
    dy = 1;
    Forward(activation, x, y);
    CHECK(LargestError(activation, x, y) <= activation.bound<T>());
    Backward(activation, x, y, dy, dx);
    for (size_t i = 0; i < finite.size(); ++i) {
      CAPTURE(x[i]);
      CHECK(std::isfinite(dx[i]));
    }
    for (const size_t end : {0, 1}) {
      CAPTURE(end);
      const T slope = static_cast<T>(activation.slopes[end]);
      CHECK(dx[6 + (1 - end)] == doctest::Approx(slope));
      CHECK(dx[8 + (1 - end)] == doctest::Approx(slope));
    }
  }
}

TEST_CASE_TEMPLATE("activations reach their limits at infinity and pass NaN on", T, float, double) {
  for (const Activation& activation : kActivations) {
    CAPTURE(activation.name);
    // NaN among ordinary numbers, so that whole vectors and tails meet it.
    for (const size_t size : kOddSizes) {
      Tensor<T> x({size}), y({size}), dy({size}), dx({size});
      Numbers(size).Fill(x), x[size - 1] = kNaN<T>;
      dy = 1;
      Forward(activation, x, y);
      Backward(activation, x, y, dy, dx);
      for (size_t i = 0; i < size; ++i) CHECK(std::isnan(y[i]) == (i + 1 == size));
      // relu's slope is piecewise constant: the NaN is in y already.
      const bool slope_sees_nan = activation.name.find("relu") == std::string::npos;
      if (slope_sees_nan) CHECK(std::isnan(dx[size - 1]));
    }
    Tensor<T> x({2}, {-kInfinity<T>, kInfinity<T>}), y({2}), dy({2}), dx({2});
    dy = 1;
    Forward(activation, x, y);
    Backward(activation, x, y, dy, dx);
    for (const size_t end : {0, 1}) {
      CAPTURE(end);
      CHECK(y[end] == static_cast<T>(activation.limits[end]));
      CHECK(dx[end] == static_cast<T>(activation.slopes[end]));
    }
  }
}

TEST_CASE("derivatives of activations are those that central differences give") {
  // (f(x + h) − f(x − h)) / 2h in long double is off by h²·f‴/6, below 1e-11, and by rounding, below 1e-12.
  constexpr long double kStep = 1e-6L;
  for (const Activation& activation : kActivations) {
    CAPTURE(activation.name);
    for (const size_t size : {1, 3, 17, 64, 65, 4001}) {
      Tensor<double> x({size}), y({size}), dy({size}), dx({size});
      Numbers numbers(size);
      numbers.Fill(x, -12, 12), numbers.Fill(dy, -2, 2);
      Forward(activation, x, y);
      Backward(activation, x, y, dy, dx);
      Worst worst;
      for (size_t i = 0; i < size; ++i) {
        if (std::abs(x[i]) < 2 * kStep) continue;  // relu's bend
        const long double p = activation.parameter;
        const long double slope =
            (activation.function(x[i] + kStep, p) - activation.function(x[i] - kStep, p)) / (2 * kStep);
        worst.Add(dx[i], dy[i] * slope, 1e-10L);
      }
      CHECK(worst.ratio() <= 1);
    }
  }
}

TEST_CASE("derivatives in float32 are those in float64") {
  for (const Activation& activation : kActivations) {
    CAPTURE(activation.name);
    for (const size_t size : {1, 3, 17, 64, 65, 4001}) {
      Tensor<float> x({size}), y({size}), dy({size}), dx({size});
      Tensor<double> x64({size}), y64({size}), dy64({size}), dx64({size});
      Numbers numbers(size);
      numbers.Fill(x, -12, 12), numbers.Fill(dy, -2, 2);
      for (size_t i = 0; i < size; ++i) x64[i] = x[i], dy64[i] = dy[i];
      Forward(activation, x, y);
      Backward(activation, x, y, dy, dx);
      Forward(activation, x64, y64);
      Backward(activation, x64, y64, dy64, dx64);
      Worst worst;
      // Derivatives are of the order of 1, and some are differences of such numbers.
      for (size_t i = 0; i < size; ++i) worst.Add(dx[i], dx64[i], 8 * kEpsilon<float> * std::abs(dy[i]));
      CHECK(worst.ratio() <= 1);
    }
  }
}

TEST_CASE_TEMPLATE("activations refuse sizes that differ", T, float, double) {
  Tensor<T> five({5}), four({4}), out({5});
  five = 1, four = 1;
  for (const Activation& activation : kActivations) {
    CAPTURE(activation.name);
    CHECK_THROWS_AS(Forward(activation, four, out), InvalidArgument);
    CHECK_THROWS_AS(Backward(activation, five, four, five, out), InvalidArgument);
    CHECK_THROWS_AS(Backward(activation, five, five, four, out), InvalidArgument);
    CHECK_THROWS_AS(Backward(activation, four, four, four, out), InvalidArgument);
  }
}

}  // namespace blasnet::testing
