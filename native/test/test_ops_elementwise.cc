#include "test/broadcasting.h"

namespace blasnet::testing {

namespace {

using Twin = std::function<long double(long double, long double)>;

// y = (y +) f(a, b) against plain loops, for every way to broadcast.
template <class T>
void CheckBinary(const char* kernel, const Twin& twin, double low, double high) {
  for (const Broadcast& shapes : kBroadcasts) {
    for (const double accumulate : {0.0, 1.0}) {
      INFO(kernel << ", " << shapes.y.size() << " dimensions, " << shapes.y[0] << " rows, accumulate " << accumulate);
      Tensor<T> a(shapes.a), b(shapes.b), y(shapes.y);
      Numbers numbers(shapes.y[0] + shapes.y.size());
      numbers.Fill(a, low, high);
      numbers.Fill(b, low, high);
      if (accumulate != 0) y = T(2);
      Call<T>(kernel).With("a", a).With("b", b).With("y", y).With("accumulate", accumulate).Run();
      Worst worst;
      for (size_t i = 0; i < y.size(); ++i) {
        const Shape index = IndexAt(shapes.y, i);
        const long double expected =
            twin(a[PlaceOf(shapes.a, index)], b[PlaceOf(shapes.b, index)]) + (accumulate != 0 ? 2 : 0);
        worst.Add(y[i], expected, 8 * kEpsilon<T> * (1 + std::abs(expected)));
      }
      CHECK(worst.ratio() <= 1);
    }
  }
}

// The derivative kernel with dy against plain loops; its operands are of one shape.
template <class T>
void CheckUnary(const std::string& kernel, const std::function<long double(long double)>& twin,
                const std::function<long double(long double)>& derivative, double low, double high) {
  for (const size_t n : {size_t{1}, size_t{3}, size_t{17}, size_t{65}, size_t{40000}}) {
    INFO(kernel << " of " << n);
    Tensor<T> x({n}), y({n}), dy({n}), dx({n});
    Numbers numbers(n);
    numbers.Fill(x, low, high);
    numbers.Fill(dy);
    Call<T>(kernel).With("x", x).With("y", y).Run();
    const auto backward = [&](double accumulate) {
      Call<T>(kernel + "_backward")
          .With("x", x)
          .With("y", y)
          .With("dy", dy)
          .With("dx", dx)
          .With("accumulate", accumulate)
          .Run();
    };
    backward(0);
    backward(1);
    Worst value, slope;
    for (size_t i = 0; i < n; ++i) {
      value.Add(y[i], twin(x[i]), 8 * kEpsilon<T> * (1 + std::abs(twin(x[i]))));
      const long double expected = 2 * dy[i] * derivative(x[i]);
      slope.Add(dx[i], expected, 16 * kEpsilon<T> * (1 + std::abs(expected)));
    }
    CHECK(value.ratio() <= 1);
    CHECK(slope.ratio() <= 1);
  }
}

}  // namespace

TEST_CASE_TEMPLATE("arithmetic on two tensors broadcasts", T, float, double) {
  CheckBinary<T>(
      "add", [](auto a, auto b) { return a + b; }, -2, 2);
  CheckBinary<T>(
      "subtract", [](auto a, auto b) { return a - b; }, -2, 2);
  CheckBinary<T>(
      "multiply", [](auto a, auto b) { return a * b; }, -2, 2);
  CheckBinary<T>(
      "divide", [](auto a, auto b) { return a / b; }, 0.5, 2);
  CheckBinary<T>(
      "maximum", [](auto a, auto b) { return std::max(a, b); }, -2, 2);
  CheckBinary<T>(
      "minimum", [](auto a, auto b) { return std::min(a, b); }, -2, 2);
  CheckBinary<T>(
      "power", [](auto a, auto b) { return std::pow(a, b); }, 0.5, 2);
  CheckBinary<T>(
      "greater", [](auto a, auto b) { return a > b; }, -2, 2);
  CheckBinary<T>(
      "greater_or_equal", [](auto a, auto b) { return a >= b; }, -2, 2);
  CheckBinary<T>(
      "equal", [](auto a, auto b) { return a == b; }, -2, 2);
}

TEST_CASE_TEMPLATE("maximum and minimum keep NaN, comparisons are false for it", T, float, double) {
  Tensor<T> a({4}, {kNaN<T>, 1, 2, -kInfinity<T>}), b({4}, {1, kNaN<T>, 3, 5}), y({4});
  const auto call = [&](const char* kernel) {
    Call<T>(kernel).With("a", a).With("b", b).With("y", y).With("accumulate", 0.0).Run();
  };
  call("maximum");
  CHECK((std::isnan(y[0]) && std::isnan(y[1]) && y[2] == 3 && y[3] == 5));
  call("minimum");
  CHECK((std::isnan(y[0]) && std::isnan(y[1]) && y[2] == 2 && y[3] == -kInfinity<T>));
  call("greater");
  CHECK(y.values() == std::vector<T>{0, 0, 0, 0});
}

TEST_CASE_TEMPLATE("scaled_copy repeats, scales and adds", T, float, double) {
  for (const Broadcast& shapes : kBroadcasts) {
    Tensor<T> x(shapes.b), y(shapes.y);
    Numbers(3).Fill(x);
    y = T(1);
    Call<T>("scaled_copy").With("x", x).With("y", y).With("factor", -2.0).With("accumulate", 1.0).Run();
    for (size_t i = 0; i < y.size(); ++i) {
      REQUIRE(y[i] == doctest::Approx(1 - 2 * x[PlaceOf(shapes.b, IndexAt(shapes.y, i))]).epsilon(1e-5));
    }
  }
}

TEST_CASE_TEMPLATE("derivatives of arithmetic on two tensors", T, float, double) {
  Tensor<T> a({5}, {T(0.5), 2, 1, 0, 3}), b({5}, {2, T(0.5), 1, 2, 0}), dy({5}, {1, 2, 3, 4, 5}), d({5}), y({5});
  const auto check = [&](const std::vector<long double>& expected) {
    for (size_t i = 0; i < d.size(); ++i) {
      CHECK(d[i] == doctest::Approx(static_cast<double>(expected[i])).epsilon(1e-5));
    }
  };
  const auto choice = [&](const char* kernel) {
    Call<T>(kernel).With("a", a).With("b", b).With("dy", dy).With("da", d).With("accumulate", 0.0).Run();
  };
  choice("maximum_backward");
  check({0, 2, 1.5L, 0, 5});
  choice("minimum_backward");
  check({1, 0, 1.5L, 4, 0});
  choice("power_backward_base");  // dy · b · a^(b − 1)
  check({1, 2 * 0.5L / std::sqrt(2.0L), 3, 0, 0});
  Call<T>("power_backward_exponent")
      .With("a", a)
      .With("b", b)
      .With("dy", dy)
      .With("db", d)
      .With("accumulate", 0.0)
      .Run();  // dy · a^b · ln a
  check({0.25L * std::log(0.5L), 2 * std::sqrt(2.0L) * std::log(2.0L), 0, 0, 5 * std::log(3.0L)});
  b[4] = 4;
  Call<T>("divide").With("a", a).With("b", b).With("y", y).With("accumulate", 0.0).Run();
  Call<T>("divide_backward_divisor")
      .With("b", b)
      .With("y", y)
      .With("dy", dy)
      .With("db", d)
      .With("accumulate", 0.0)
      .Run();  // −dy · a / b²
  check({-0.125L, -16, -3, 0, -5 * 3 / 16.0L});
}

TEST_CASE_TEMPLATE("where chooses by what is not 0", T, float, double) {
  Tensor<T> condition({3, 1}, {1, 0, -2}), a({1, 2}, {10, 20}), b({3, 2}, {1, 2, 3, 4, 5, 6}), y({3, 2});
  Call<T>("where").With("condition", condition).With("a", a).With("b", b).With("y", y).With("accumulate", 0.0).Run();
  CHECK(y.values() == std::vector<T>{10, 20, 3, 4, 10, 20});
}

TEST_CASE_TEMPLATE("functions of one tensor and their derivatives", T, float, double) {
  CheckUnary<T>(
      "absolute", [](auto x) { return std::abs(x); }, [](auto x) { return x > 0 ? 1 : -1; }, -2, 2);
  CheckUnary<T>(
      "exponential", [](auto x) { return std::exp(x); }, [](auto x) { return std::exp(x); }, -5, 5);
  CheckUnary<T>(
      "logarithm", [](auto x) { return std::log(x); }, [](auto x) { return 1 / x; }, 0.1, 5);
  CheckUnary<T>(
      "square_root", [](auto x) { return std::sqrt(x); }, [](auto x) { return 0.5L / std::sqrt(x); }, 0.1, 5);
}

TEST_CASE_TEMPLATE("functions at the ends of their range", T, float, double) {
  const T inf = kInfinity<T>;
  Tensor<T> x({6}, {0, -1, inf, -inf, kNaN<T>, 1000}), y({6});
  Call<T>("logarithm").With("x", x).With("y", y).Run();
  CHECK((y[0] == -inf && std::isnan(y[1]) && y[2] == inf && std::isnan(y[3]) && std::isnan(y[4])));
  Call<T>("exponential").With("x", x).With("y", y).Run();
  CHECK((y[0] == 1 && y[2] == inf && y[3] == 0 && std::isnan(y[4]) && y[5] == inf));
  Call<T>("absolute").With("x", x).With("y", y).Run();
  CHECK((y[1] == 1 && y[3] == inf && std::isnan(y[4])));
}

TEST_CASE_TEMPLATE("clip holds numbers between its bounds, and lets the gradient pass there", T, float, double) {
  Tensor<T> x({5}, {-3, -1, 0, 2, 5}), y({5}), dy({5}, {1, 2, 3, 4, 5}), dx({5});
  Call<T>("clip").With("x", x).With("y", y).With("low", -1.0).With("high", 2.0).Run();
  CHECK(y.values() == std::vector<T>{-1, -1, 0, 2, 2});
  dx = T(10);
  Call<T>("clip_backward")
      .With("x", x)
      .With("dy", dy)
      .With("dx", dx)
      .With("low", -1.0)
      .With("high", 2.0)
      .With("accumulate", 1.0)
      .Run();
  CHECK(dx.values() == std::vector<T>{10, 12, 13, 14, 10});
}

TEST_CASE("shapes that do not broadcast are refused") {
  Tensor<float> a({2, 3}), b({2, 2}), y({2, 3}), flat({3});
  a = 1.0f;
  b = 1.0f;
  flat = 1.0f;
  const auto call = [&](Tensor<float>& other) {
    Call<float>("add").With("a", a).With("b", other).With("y", y).With("accumulate", 0.0).Run();
  };
  CHECK_THROWS_AS(call(b), InvalidArgument);
  CHECK_THROWS_AS(call(flat), InvalidArgument);
}

}  // namespace blasnet::testing
