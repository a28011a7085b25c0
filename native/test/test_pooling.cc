#include "test/convolutions.h"

namespace blasnet::testing {

namespace {

struct TestPooling {
  size_t rows, channels;
  TestAxis y, x;

  std::vector<size_t> input_shape() const { return {rows, channels, y.input, x.input}; }
  std::vector<size_t> output_shape() const { return {rows, channels, y.output(), x.output()}; }
  std::vector<int32_t> numbers() const {
    std::vector<int32_t> all = TestConvolution{rows, channels, channels, y, x}.numbers();
    return {all.begin() + 3, all.end()};
  }

  // Calls f(place in y, places in x) for every window.
  template <class F>
  void ForEachWindow(const F& f) const {
    for (size_t plane = 0; plane < rows * channels; ++plane) {
      for (size_t oy = 0; oy < y.output(); ++oy) {
        for (size_t ox = 0; ox < x.output(); ++ox) {
          std::vector<size_t> places;
          for (size_t ky = 0; ky < y.kernel; ++ky) {
            for (size_t kx = 0; kx < x.kernel; ++kx) {
              const size_t iy = oy * y.stride + ky - y.pad, ix = ox * x.stride + kx - x.pad;  // wrap around below 0
              if (iy < y.input && ix < x.input) places.push_back((plane * y.input + iy) * x.input + ix);
            }
          }
          f((plane * y.output() + oy) * x.output() + ox, places);
        }
      }
    }
  }
};

std::vector<TestPooling> TestPoolings() {
  std::vector<TestPooling> all{
      {1, 1, {1, 1}, {1, 1}},
      {2, 3, {5, 3, 1, 1}, {7, 3, 1, 1}},
      {2, 2, {9, 3, 2, 1}, {10, 3, 2, 1}},
      {1, 2, {11, 2, 3}, {7, 4, 1, 2}},
      {1, 2, {6, 6, 1}, {5, 5, 5}},
      {3, 40, {16, 3, 3}, {16, 2, 2}},  // several tiles
  };
  for (const size_t width : {2, 3, 4, 5, 7, 8, 14, 15, 16, 17, 31, 32, 33, 64, 67}) {
    all.push_back({2, 3, {4 + width % 2, 2, 2}, {width, 2, 2}});  // 2×2, all lengths of rows
  }
  return all;
}

template <class T>
void MaxForward(Tensor<T>& x, Tensor<T>& y, Tensor<int32_t>& geometry, Context& context = SharedContext()) {
  Call<T>("max_pool_forward").With("x", x).With("y", y).With("geometry", geometry).Run(context);
}
template <class T>
void MaxBackward(Tensor<T>& x, Tensor<T>& dy, Tensor<T>& dx, Tensor<int32_t>& geometry) {
  Call<T>("max_pool_backward").With("x", x).With("dy", dy).With("dx", dx).With("geometry", geometry).Run();
}
template <class T>
void AverageForward(Tensor<T>& x, Tensor<T>& y, Tensor<int32_t>& geometry) {
  Call<T>("average_pool_forward").With("x", x).With("y", y).With("geometry", geometry).Run();
}
template <class T>
void AverageBackward(Tensor<T>& dy, Tensor<T>& dx, Tensor<int32_t>& geometry) {
  Call<T>("average_pool_backward").With("dy", dy).With("dx", dx).With("geometry", geometry).Run();
}

}  // namespace

TEST_CASE_TEMPLATE("max_pool takes the first largest number, or the last NaN, and hands the delta back to it", T, float,
                   double) {
  for (const TestPooling& p : TestPoolings()) {
    Tensor<T> x(p.input_shape()), y(p.output_shape()), dy(p.output_shape()), dx(p.input_shape());
    Tensor<int32_t> geometry({12}, p.numbers());
    Numbers numbers(p.x.input);
    numbers.Fill(dy);
    // Few values, so that many are equal, and some that order nothing.
    for (size_t i = 0; i < x.size(); ++i) {
      const size_t draw = numbers.Below(20);
      x[i] = draw == 0 ? kNaN<T> : draw == 1 ? -kInfinity<T> : T(draw % 5) - 2;
    }
    MaxForward(x, y, geometry);
    MaxBackward(x, dy, dx, geometry);
    std::vector<long double> deltas(dx.size());
    bool right = true;
    p.ForEachWindow([&](size_t to, const std::vector<size_t>& places) {
      size_t largest = places[0];
      for (const size_t place : places) {
        if (x[place] > x[largest] || std::isnan(x[place])) largest = place;
      }
      right = right && std::memcmp(&y[to], &x[largest], sizeof(T)) == 0;
      deltas[largest] += dy[to];
    });
    CHECK(right);
    Worst worst;
    for (size_t i = 0; i < dx.size(); ++i) worst.Add(dx[i], deltas[i], 10 * kEpsilon<T>);
    CHECK(worst.ratio() <= 1);
  }
}

TEST_CASE_TEMPLATE("max_pool_backward with a rectifier before it gives the bits of two kernels", T, float, double) {
  for (const TestPooling& p : TestPoolings()) {
    Tensor<T> x(p.input_shape()), dy(p.output_shape()), inner(p.input_shape()), expected(p.input_shape()),
        received(p.input_shape());
    Tensor<int32_t> geometry({12}, p.numbers());
    Numbers numbers(p.x.input);
    numbers.Fill(dy);
    // What comes out of a rectifier: zeros, many equal numbers, NaN.
    for (size_t i = 0; i < x.size(); ++i) {
      const size_t draw = numbers.Below(20);
      x[i] = draw == 0 ? kNaN<T> : draw < 10 ? T(0) : T(draw % 5);
    }
    MaxBackward(x, dy, inner, geometry);
    Call<T>("relu_backward")
        .With("x", x)
        .With("y", x)
        .With("dy", inner)
        .With("dx", expected)
        .With("parameter", 0)
        .Run();
    Call<T>("max_pool_backward_relu").With("x", x).With("dy", dy).With("dx", received).With("geometry", geometry).Run();
    CHECK(std::memcmp(expected.data(), received.data(), expected.bytes()) == 0);
  }
}

TEST_CASE_TEMPLATE("average_pool divides by the whole window, padding included", T, float, double) {
  for (const TestPooling& p : TestPoolings()) {
    Tensor<T> x(p.input_shape()), y(p.output_shape()), dy(p.output_shape()), dx(p.input_shape());
    Tensor<int32_t> geometry({12}, p.numbers());
    Numbers numbers(p.x.input);
    numbers.Fill(x), numbers.Fill(dy);
    AverageForward(x, y, geometry);
    AverageBackward(dy, dx, geometry);
    const long double size = p.y.kernel * p.x.kernel;
    std::vector<long double> deltas(dx.size());
    Worst worst;
    p.ForEachWindow([&](size_t to, const std::vector<size_t>& places) {
      long double sum = 0;
      for (const size_t place : places) {
        sum += x[place];
        deltas[place] += dy[to] / size;
      }
      worst.Add(y[to], sum / size, 4 * kEpsilon<T>);
    });
    for (size_t i = 0; i < dx.size(); ++i) worst.Add(dx[i], deltas[i], 10 * kEpsilon<T>);
    CHECK(worst.ratio() <= 1);
  }
}

TEST_CASE_TEMPLATE("global_average_pool is the mean of a plane", T, float, double) {
  for (const size_t size : kOddSizes) {
    Tensor<T> x({3, 5, 1, size}), y({3, 5}), dx(x.shape());
    Numbers(size).Fill(x);
    Call<T>("global_average_pool_forward").With("x", x).With("y", y).Run();
    Call<T>("global_average_pool_backward").With("dy", y).With("dx", dx).Run();
    Worst worst;
    for (size_t plane = 0; plane < 15; ++plane) {
      long double sum = 0;
      for (size_t i = 0; i < size; ++i) sum += x[plane * size + i];
      worst.Add(y[plane], sum / size, 8 * kEpsilon<T>);
      for (size_t i = 0; i < size; ++i)
        worst.Add(dx[plane * size + i], y[plane] / static_cast<long double>(size), kEpsilon<T>);
    }
    CHECK(worst.ratio() <= 1);
  }
}

TEST_CASE("pools refuse geometry that does not fit its tensors, or itself") {
  Tensor<float> x({2, 3, 6, 8}), y({2, 3, 3, 4}), flat({2, 18}), low({1, 36});
  Tensor<int32_t> geometry({12}, {6, 3, 2, 2, 0, 1, 8, 4, 2, 2, 0, 1}), short_geometry({11});
  CHECK_NOTHROW(MaxForward(x, y, geometry));
  CHECK_THROWS_AS(MaxForward(x, flat, geometry), InvalidArgument);
  CHECK_THROWS_AS(MaxForward(x, low, geometry), InvalidArgument);
  CHECK_THROWS_AS(MaxForward(flat, y, geometry), InvalidArgument);
  CHECK_THROWS_AS(MaxForward(x, y, short_geometry), InvalidArgument);
  CHECK_THROWS_AS(MaxBackward(x, y, flat, geometry), InvalidArgument);
  CHECK_THROWS_AS(AverageForward(x, flat, geometry), InvalidArgument);
  CHECK_THROWS_AS(AverageBackward(flat, x, geometry), InvalidArgument);
  const std::pair<size_t, int32_t> bad[] = {{0, 5}, {1, 4}, {1, 0}, {2, 3}, {3, 0}, {3, 3}, {4, 2}, {4, -1}, {5, 2}};
  for (const auto& [place, value] : bad) {
    INFO("geometry[", place, "] = ", value);
    Tensor<int32_t> wrong({12}, geometry.values());
    wrong[place] = value;
    CHECK_THROWS_AS(MaxForward(x, y, wrong), InvalidArgument);
    CHECK_THROWS_AS(AverageBackward(y, x, wrong), InvalidArgument);
  }
  Tensor<float> narrow({2, 5}), none({2, 0});
  const auto global = [&](Tensor<float>& y) {
    Call<float>("global_average_pool_forward").With("x", x).With("y", y).Run();
  };
  CHECK_THROWS_AS(global(narrow), InvalidArgument);
  CHECK_THROWS_AS(global(none), InvalidArgument);
  CHECK_THROWS_AS(Call<float>("global_average_pool_backward").With("dy", narrow).With("dx", x).Run(), InvalidArgument);
}

}  // namespace blasnet::testing
