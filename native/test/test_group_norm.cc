#include "test/testing.h"

namespace blasnet::testing {

namespace {

struct Shape {
  size_t rows, steps, groups, width, spatial;
  size_t size() const { return rows * steps * groups * width * spatial; }
  size_t group_of(size_t i) const {
    return i / (steps * groups * width * spatial) * groups + i / (width * spatial) % groups;
  }
  size_t channel_of(size_t i) const { return i / spatial % (groups * width); }
};

// Statistics and derivatives in long double, by the definitions.
struct Twin {
  std::vector<long double> mean, inverse, y, dx, dgamma, dbeta;

  template <class T>
  Twin(const Shape& shape, const Tensor<T>& x, const Tensor<T>& gamma, const Tensor<T>* beta, const Tensor<T>& dy,
       long double epsilon) {
    const size_t count = shape.rows * shape.groups, n = x.size() / count;
    std::vector<long double> squares(count), plain(count), product(count);
    mean.resize(count), inverse.resize(count);
    dgamma.resize(gamma.size()), dbeta.resize(gamma.size());
    if (beta) {
      for (size_t i = 0; i < x.size(); ++i) mean[shape.group_of(i)] += static_cast<long double>(x[i]) / n;
    }
    for (size_t i = 0; i < x.size(); ++i)
      squares[shape.group_of(i)] += std::pow(x[i] - mean[shape.group_of(i)], 2.0L) / n;
    for (size_t g = 0; g < count; ++g) inverse[g] = 1 / std::sqrt(squares[g] + epsilon);
    const auto normal = [&](size_t i) { return (x[i] - mean[shape.group_of(i)]) * inverse[shape.group_of(i)]; };
    for (size_t i = 0; i < x.size(); ++i) {
      const size_t g = shape.group_of(i), c = shape.channel_of(i);
      y.push_back(normal(i) * gamma[c] + (beta ? (*beta)[c] : T(0)));
      const long double delta = static_cast<long double>(dy[i]) * gamma[c];
      if (beta) plain[g] += delta / n;
      product[g] += delta * normal(i) / n;
      dgamma[c] += dy[i] * normal(i);
      dbeta[c] += dy[i];
    }
    for (size_t i = 0; i < x.size(); ++i) {
      const size_t g = shape.group_of(i);
      const long double delta = static_cast<long double>(dy[i]) * gamma[shape.channel_of(i)];
      dx.push_back(inverse[g] * (delta - plain[g] - normal(i) * product[g]));
    }
  }
};

template <class T>
void CheckClose(const Tensor<T>& received, const std::vector<long double>& expected, long double scale,
                long double shift) {
  Worst worst;
  for (size_t i = 0; i < expected.size(); ++i) {
    worst.Add(received[i], expected[i] + shift, kEpsilon<T> * scale * (4 + std::abs(expected[i])));
  }
  CHECK(worst.ratio() <= 1);
}

const Shape kShapes[] = {{5, 1, 1, 1, 1},
                         {3, 1, 1, 65, 1},
                         {300, 1, 1, 17, 1},
                         {4, 1, 2, 3, 1},
                         {2, 5, 3, 2, 1},
                         {3, 1, 2, 2, 15},
                         {2, 1, 3, 1, 4100},
                         {2, 70, 2, 33, 1},
                         {7, 1, 1, 3, 64},
                         // rows of one, two, four or eight vectors, for every length of vector
                         {5, 1, 1, 2, 1},
                         {150, 1, 1, 4, 1},
                         {17, 1, 1, 8, 1},
                         {33, 1, 1, 16, 1},
                         {16, 1, 1, 32, 1},
                         {70, 1, 1, 64, 1},
                         {3, 1, 1, 128, 1}};

}  // namespace

TEST_CASE_TEMPLATE("group norm and RMS norm, and their derivatives", T, float, double) {
  for (const Shape& shape : kShapes) {
    for (const bool is_centred : {true, false}) {
      INFO("rows, steps, groups, width, spatial = ", shape.rows, ", ", shape.steps, ", ", shape.groups, ", ",
           shape.width, ", ", shape.spatial, ", centred: ", is_centred);
      const size_t channels = shape.groups * shape.width;
      const std::vector<size_t> dims = {shape.rows, shape.steps, shape.groups, shape.width, shape.spatial};
      Tensor<T> x(dims), y(dims), dy(dims), dx(dims), gamma({channels}), beta({channels});
      Tensor<T> dgamma({channels}), dbeta({channels});
      Tensor<T> mean({shape.rows, shape.groups}), inverse({shape.rows, shape.groups});
      Numbers random(shape.size());
      random.Fill(x, -2, 3);
      random.Fill(dy);
      random.Fill(gamma);
      random.Fill(beta);
      const double epsilon = 0.01;
      const Twin twin(shape, x, gamma, is_centred ? &beta : nullptr, dy, epsilon);
      const std::string name = is_centred ? "group_norm" : "rms_norm";
      auto forward = Call<T>(name + "_forward").With("x", x).With("gamma", gamma).With("y", y).With("inverse", inverse);
      if (is_centred) forward.With("beta", beta).With("mean", mean);
      forward.With("epsilon", epsilon).Run();
      CheckClose(y, twin.y, 16, 0);
      CheckClose(inverse, twin.inverse, 16, 0);
      for (const double accumulate : {0.0, 1.0}) {
        if (accumulate != 0) dx = T(1), dgamma = T(1), dbeta = T(1);
        auto input = Call<T>(name + "_backward_input").With("x", x).With("gamma", gamma).With("inverse", inverse);
        if (is_centred) input.With("mean", mean);
        input.With("dy", dy).With("dx", dx).With("accumulate", accumulate).Run();
        auto weights = Call<T>(name + "_backward_weights").With("x", x).With("inverse", inverse).With("dy", dy);
        if (is_centred) weights.With("mean", mean).With("dbeta", dbeta);
        weights.With("dgamma", dgamma).With("accumulate", accumulate).Run();
        CheckClose(dx, twin.dx, 128, accumulate);
        const auto terms = static_cast<long double>(x.size() / channels);
        CheckClose(dgamma, twin.dgamma, 16 + terms, accumulate);
        if (is_centred) CheckClose(dbeta, twin.dbeta, 16 + terms, accumulate);
      }
    }
  }
}

TEST_CASE_TEMPLATE("constant rows are 0 whatever their size", T, float, double) {
  for (const size_t width : {32, 33}) {
    Tensor<T> x({2, 1, 1, width, 1}), y(x.shape()), gamma({width}), beta({width}), mean({2, 1}), inverse({2, 1});
    gamma = T(1), beta = T(0);
    for (size_t i = 0; i < x.size(); ++i) x[i] = i < width ? T(1e6 + 0.3) : T(-0.1);
    Call<T>("group_norm_forward")
        .With("x", x)
        .With("gamma", gamma)
        .With("beta", beta)
        .With("y", y)
        .With("mean", mean)
        .With("inverse", inverse)
        .With("epsilon", 1e-5)
        .Run();
    CHECK(y.values() == std::vector<T>(2 * width, T(0)));
  }
}

TEST_CASE_TEMPLATE("shapes that do not fit a norm are refused", T, float, double) {
  Tensor<T> x({2, 1, 1, 3, 1}), y({2, 1, 1, 3, 1}), four({4}), three({3}), inverse({2, 1}), one({1, 1}), flat({2, 3});
  x = T(1), four = T(1), three = T(1), flat = T(1);
  const auto call = [&](Tensor<T>& in, Tensor<T>& gamma, Tensor<T>& statistics) {
    Call<T>("rms_norm_forward")
        .With("x", in)
        .With("gamma", gamma)
        .With("y", y)
        .With("inverse", statistics)
        .With("epsilon", 1e-5)
        .Run();
  };
  CHECK_THROWS_AS(call(x, four, inverse), InvalidArgument);
  CHECK_THROWS_AS(call(x, three, one), InvalidArgument);
  CHECK_THROWS_AS(call(flat, three, inverse), InvalidArgument);
}

}  // namespace blasnet::testing
