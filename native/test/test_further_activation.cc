// Activations with other arguments than those of test_activation.cc.

#include "test/broadcasting.h"

namespace blasnet::testing {

namespace {

template <class T>
void HardSigmoid(Tensor<T>& x, Tensor<T>& y, double alpha, double beta) {
  Call<T>("hard_sigmoid_forward").With("x", x).With("y", y).With("alpha", alpha).With("beta", beta).Run();
}
template <class T>
void HardSigmoidBackward(Tensor<T>& x, Tensor<T>& dy, Tensor<T>& dx, double alpha, double beta) {
  Call<T> call("hard_sigmoid_backward");
  call.With("x", x).With("dy", dy).With("dx", dx).With("alpha", alpha).With("beta", beta).Run();
}

// Shapes of x and of slopes that broadcast to it: one, one for each column, one for each channel.
const std::vector<std::pair<Shape, Shape>> kSlopes = {
    {{1}, {1}},
    {{17}, {17}},
    {{3, 65}, {1, 1}},
    {{7, 33}, {1, 33}},
    {{2, 5, 3, 7}, {1, 5, 1, 1}},
    {{300, 4, 70}, {1, 4, 1}},
};

}  // namespace

TEST_CASE_TEMPLATE("hard_sigmoid is a line within 0 and 1, and its derivative is 0 at both", T, float, double) {
  for (const auto& [alpha, beta] : {std::pair{1.0 / 6, 0.5}, {0.2, 0.5}, {-2.0, 0.25}, {0.0, 0.75}}) {
    for (const size_t size : kOddSizes) {
      INFO(alpha << " x + " << beta << " of " << size);
      Tensor<T> x({size}), y({size}), dy({size}), dx({size});
      Numbers numbers(size);
      numbers.Fill(x, -5, 5), numbers.Fill(dy);
      x[size / 2] = T(1e30);
      HardSigmoid(x, y, alpha, beta);
      HardSigmoidBackward(x, dy, dx, alpha, beta);
      Worst values, slopes;
      for (size_t i = 0; i < size; ++i) {
        const long double line = static_cast<long double>(alpha) * x[i] + beta;
        values.Add(y[i], std::clamp(line, 0.0L, 1.0L), 4 * kEpsilon<T>);
        slopes.Add(dx[i], line > 0 && line < 1 ? alpha * dy[i] : 0, 2 * kEpsilon<T>);
      }
      CHECK(values.ratio() <= 1);
      CHECK(slopes.ratio() <= 1);
    }
  }
  Tensor<T> x({5}, {-kInfinity<T>, -2, 2, kInfinity<T>, kNaN<T>}), y({5}), dy({5}), dx({5});
  dy = 1;
  HardSigmoid(x, y, 0.25, 0.5);
  HardSigmoidBackward(x, dy, dx, 0.25, 0.5);
  CHECK((y[0] == 0 && y[1] == 0 && y[2] == 1 && y[3] == 1 && std::isnan(y[4])));
  CHECK((dx[0] == 0 && dx[1] == 0 && dx[2] == 0 && dx[3] == 0 && std::isnan(dx[4])));
  // A sixth is not a number of either type: the ends are where the line meets 0 and 1 all the same.
  Tensor<T> ends({2}, {-3, 3}), values({2}), ones({2}, {1, 1}), slopes({2});
  HardSigmoid(ends, values, 1.0 / 6, 0.5);
  HardSigmoidBackward(ends, ones, slopes, 1.0 / 6, 0.5);
  CHECK((values[0] == 0 && values[1] == 1 && slopes[0] == 0 && slopes[1] == 0));
}

TEST_CASE_TEMPLATE("prelu has a slope of each number below 0, and derivatives by both", T, float, double) {
  for (const auto& [shape, slopes] : kSlopes) {
    for (const double accumulate : {0.0, 1.0}) {
      INFO(shape.size() << " dimensions, " << shape[0] << " rows, accumulate " << accumulate);
      Tensor<T> x(shape), slope(slopes), dy(shape), y(shape), dx(shape), ds(shape);
      Numbers numbers(shape[0]);
      numbers.Fill(x), numbers.Fill(slope), numbers.Fill(dy);
      x[0] = 0;
      const T before = static_cast<T>(3 * accumulate);
      if (accumulate != 0) y = before, dx = before, ds = before;
      Call<T>("prelu").With("x", x).With("slope", slope).With("y", y).With("accumulate", accumulate).Run();
      Call<T>("prelu_backward")
          .With("x", x)
          .With("slope", slope)
          .With("dy", dy)
          .With("dx", dx)
          .With("accumulate", accumulate)
          .Run();
      Call<T>("prelu_backward_slope").With("x", x).With("dy", dy).With("ds", ds).With("accumulate", accumulate).Run();
      Worst worst;
      for (size_t i = 0; i < x.size(); ++i) {
        const T own = slope[PlaceOf(slopes, IndexAt(shape, i))];
        worst.Add(y[i], before + static_cast<long double>(x[i]) * (x[i] > 0 ? 1 : own), 4 * kEpsilon<T>);
        worst.Add(dx[i], before + static_cast<long double>(dy[i]) * (x[i] > 0 ? 1 : own), 4 * kEpsilon<T>);
        worst.Add(ds[i], before + (x[i] > 0 ? 0 : static_cast<long double>(dy[i]) * x[i]), 4 * kEpsilon<T>);
      }
      CHECK(worst.ratio() <= 1);
    }
  }
}

}  // namespace blasnet::testing
