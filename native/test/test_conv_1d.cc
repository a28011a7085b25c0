#include "test/testing.h"

namespace blasnet::testing {

namespace {

struct Way {
  size_t rows, steps, features, filters, size, windows;
  int32_t stride, pad, dilation;
};

// Calls run(o, j, s) for each tap j of each window o that lies on a step s of the sequence.
template <class F>
void ForEachTap(const Way& way, const F& run) {
  for (size_t o = 0; o < way.windows; ++o) {
    for (size_t j = 0; j < way.size; ++j) {
      const auto step = static_cast<int64_t>(o) * way.stride - way.pad + static_cast<int64_t>(j) * way.dilation;
      if (step >= 0 && step < static_cast<int64_t>(way.steps)) run(o, j, static_cast<size_t>(step));
    }
  }
}

template <class T>
void CheckClose(const Tensor<T>& received, const std::vector<double>& expected, long double tolerance) {
  Worst worst;
  for (size_t i = 0; i < expected.size(); ++i) worst.Add(received[i], expected[i], tolerance);
  CHECK(worst.ratio() <= 1);
}

}  // namespace

TEST_CASE_TEMPLATE("conv1d and its derivatives are sums over the taps of each window", T, float, double) {
  const Way ways[] = {{2, 7, 3, 5, 3, 5, 1, 0, 1},  {3, 8, 17, 33, 3, 4, 2, 2, 1},   {1, 9, 1, 2, 4, 9, 1, 6, 2},
                      {2, 3, 2, 4, 5, 3, 3, 7, 2},  {9, 50, 16, 40, 5, 50, 1, 2, 1}, {2, 6, 70, 65, 5, 6, 1, 2, 1},
                      {2, 5, 3, 3, 2, 12, 1, 4, 1}, {1, 4, 2, 2, 1, 2, 2, 0, 1},     {3, 20, 4, 300, 3, 10, 2, 1, 1},
                      {2, 6, 3, 3, 2, 3, 1, 6, 1}};
  for (const Way& way : ways) {
    // Of a sum of so many products of numbers below 1, in whatever order
    const size_t terms = std::max({way.size * way.features, way.size * way.filters, way.rows * way.windows});
    const long double tolerance = 2 * kEpsilon<T> * static_cast<long double>(terms);
    INFO("steps, features, filters, size = ", way.steps, ", ", way.features, ", ", way.filters, ", ", way.size);
    Tensor<T> x({way.rows, way.steps, way.features}), w({way.size, way.features, way.filters}), b({way.filters});
    Tensor<T> y({way.rows, way.windows, way.filters}), dy(y.shape()), dx(x.shape()), dw(w.shape()), db(b.shape());
    Tensor<T> turned({way.size, way.filters, way.features});
    Tensor<int32_t> geometry({3}, {way.stride, way.pad, way.dilation});
    Numbers random(way.steps + way.filters);
    for (Tensor<T>* tensor : {&x, &w, &b, &dy}) random.Fill(*tensor);

    std::vector<double> want_y(y.size()), want_dx(x.size()), want_dw(w.size()), want_db(b.size());
    for (size_t m = 0; m < way.rows; ++m) {
      for (size_t o = 0; o < way.windows; ++o) {
        for (size_t f = 0; f < way.filters; ++f) {
          want_y[(m * way.windows + o) * way.filters + f] = b[f];
          want_db[f] += dy[(m * way.windows + o) * way.filters + f];
        }
      }
      ForEachTap(way, [&](size_t o, size_t j, size_t s) {
        for (size_t i = 0; i < way.features; ++i) {
          const size_t at_x = (m * way.steps + s) * way.features + i;
          for (size_t f = 0; f < way.filters; ++f) {
            const size_t at_y = (m * way.windows + o) * way.filters + f;
            const size_t at_w = (j * way.features + i) * way.filters + f;
            want_y[at_y] += static_cast<double>(x[at_x]) * w[at_w];
            want_dx[at_x] += static_cast<double>(dy[at_y]) * w[at_w];
            want_dw[at_w] += static_cast<double>(dy[at_y]) * x[at_x];
          }
        }
      });
    }

    Call<T>("conv1d").With("x", x).With("w", w).With("b", b).With("y", y).With("geometry", geometry).Run();
    CheckClose(y, want_y, tolerance);
    Call<T>("conv1d_turn").With("w", w).With("turned", turned).Run();
    for (const double accumulate : {0.0, 1.0}) {
      dx = T(1);
      Call<T>("conv1d_backward_input")
          .With("turned", turned)
          .With("dy", dy)
          .With("dx", dx)
          .With("geometry", geometry)
          .With("accumulate", accumulate)
          .Run();
      std::vector<double> expected = want_dx;
      for (double& number : expected) number += accumulate;
      CheckClose(dx, expected, tolerance);
    }
    Tensor<T> rectified(y.shape()), rectified_dx(x.shape()), want(y.shape()), want_slope(x.shape());
    Call<T>("conv1d_relu").With("x", x).With("w", w).With("b", b).With("y", rectified).With("geometry", geometry).Run();
    Call<T>("relu_forward").With("x", y).With("y", want).With("parameter", 0).Run();
    CHECK(rectified.values() == want.values());
    Call<T>("conv1d_backward_input")
        .With("turned", turned)
        .With("dy", dy)
        .With("dx", dx)
        .With("geometry", geometry)
        .With("accumulate", 0.0)
        .Run();
    Call<T>("relu_backward").With("x", x).With("y", x).With("dy", dx).With("dx", want_slope).With("parameter", 0).Run();
    Call<T>("conv1d_backward_input_relu")
        .With("turned", turned)
        .With("dy", dy)
        .With("x", x)
        .With("dx", rectified_dx)
        .With("geometry", geometry)
        .Run();
    CHECK(rectified_dx.values() == want_slope.values());
    for (const size_t count : {1, 3}) {
      Tensor<T> parts({count, w.size() + b.size()});
      Call<T>("conv1d_backward_weights")
          .With("x", x)
          .With("dy", dy)
          .With("parts", parts)
          .With("dw", dw)
          .With("db", db)
          .With("geometry", geometry)
          .Run();
      CheckClose(dw, want_dw, tolerance);
      CheckClose(db, want_db, tolerance);
    }
  }
}

TEST_CASE_TEMPLATE("conv1d refuses shapes that do not fit", T, float, double) {
  Tensor<T> x({2, 5, 3}), w({2, 3, 4}), b({4}), y({2, 4, 4}), other({2, 4, 3}), narrow({2, 2, 4});
  for (Tensor<T>* tensor : {&x, &w, &b, &narrow}) *tensor = T(0);
  Tensor<int32_t> one({3}, {1, 0, 1}), zero({3}, {0, 0, 1});
  const auto call = [&](Tensor<T>& weights, Tensor<T>& to, Tensor<int32_t>& geometry) {
    Call<T>("conv1d").With("x", x).With("w", weights).With("b", b).With("y", to).With("geometry", geometry).Run();
  };
  CHECK_NOTHROW(call(w, y, one));
  CHECK_THROWS_AS(call(w, y, zero), InvalidArgument);
  CHECK_THROWS_AS(call(w, other, one), InvalidArgument);
  CHECK_THROWS_AS(call(narrow, y, one), InvalidArgument);
}

}  // namespace blasnet::testing
