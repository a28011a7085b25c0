#include "test/testing.h"
#include "test/threads.h"

namespace blasnet::testing {

namespace {

constexpr double kMomentum = 0.9, kEpsilonOfNorm = 1e-5;

struct Size {
  size_t rows, features, spatial;
  std::vector<size_t> shape() const {
    if (spatial == 1) return {rows, features};
    return {rows, features, 1, spatial};
  }
  size_t count() const { return rows * spatial; }
  // Where number p of a feature is.
  size_t At(size_t feature, size_t p) const { return (p / spatial * features + feature) * spatial + p % spatial; }
};

std::vector<Size> Sizes() {
  std::vector<Size> sizes;
  for (const size_t rows : kOddSizes) {
    for (const size_t features : kOddSizes) sizes.push_back({rows, features, 1});
    for (const size_t features : {1, 3, 17}) {
      for (const size_t spatial : {2, 9, 16, 65, 148}) sizes.push_back({rows, features, spatial});
    }
  }
  const Size others[] = {
      {130, 129, 1}, {700, 65, 1}, {3, 9000, 1},  // blocks of rows, tiles of columns
      {2, 3, 5000},  {400, 2, 49},                // a block of one row, and of several
  };
  sizes.insert(sizes.end(), std::begin(others), std::end(others));
  return sizes;
}

// A layer's tensors, filled with numbers; features lie around different values.
template <class T>
struct Layer {
  explicit Layer(const Size& s) : size(s), x(s.shape()), y(s.shape()), dy(s.shape()), dx(s.shape()) {
    Numbers numbers(s.rows + 100 * s.features + 10000 * s.spatial);
    numbers.Fill(x, -2, 2), numbers.Fill(dy), numbers.Fill(gamma, 0.5, 1.5), numbers.Fill(beta), numbers.Fill(mean);
    numbers.Fill(variance, 0.5, 2);
    for (size_t j = 0; j < s.features; ++j) {
      for (size_t p = 0; p < s.count(); ++p) x[s.At(j, p)] += static_cast<T>(j % 5) * T(2.5);
    }
  }

  Call<T> Forward() {
    Call<T> call("batch_norm_forward");
    call.With("x", x).With("gamma", gamma).With("beta", beta).With("mean", mean).With("variance", variance);
    call.With("batchMean", batch_mean).With("inverse", inverse).With("y", y);
    return call.With("momentum", kMomentum).With("epsilon", kEpsilonOfNorm);
  }
  Call<T> Inference() {
    Call<T> call("batch_norm_inference");
    call.With("x", x).With("gamma", gamma).With("beta", beta).With("mean", mean).With("variance", variance);
    return call.With("y", y).With("epsilon", kEpsilonOfNorm);
  }
  Call<T> Backward() {
    Call<T> call("batch_norm_backward");
    call.With("x", x).With("gamma", gamma).With("batchMean", batch_mean).With("inverse", inverse).With("dy", dy);
    return call.With("dgamma", dgamma).With("dbeta", dbeta).With("dx", dx);
  }
  Call<T> BackwardWeights() {
    Call<T> call("batch_norm_backward_weights");
    call.With("x", x).With("batchMean", batch_mean).With("inverse", inverse).With("dy", dy);
    return call.With("dgamma", dgamma).With("dbeta", dbeta);
  }

  Size size;
  Tensor<T> x, y, dy, dx;
  Tensor<T> gamma{{size.features}}, beta{{size.features}}, mean{{size.features}}, variance{{size.features}};
  Tensor<T> batch_mean{{size.features}}, inverse{{size.features}}, dgamma{{size.features}}, dbeta{{size.features}};
};

// Mean and biased variance of a feature, and the largest magnitude in it.
struct Moments {
  long double mean = 0, variance = 0, largest = 0;
  long double inverse() const { return 1 / std::sqrt(variance + kEpsilonOfNorm); }
};

template <class T>
Moments MomentsOf(const Layer<T>& layer, size_t feature) {
  const Size& size = layer.size;
  Moments moments;
  for (size_t p = 0; p < size.count(); ++p) moments.mean += layer.x[size.At(feature, p)];
  moments.mean /= size.count();
  for (size_t p = 0; p < size.count(); ++p) {
    const long double x = layer.x[size.At(feature, p)];
    moments.variance += (x - moments.mean) * (x - moments.mean);
    moments.largest = std::max(moments.largest, std::abs(x));
  }
  moments.variance /= size.count();
  return moments;
}

// Roundings of sums in blocks, and of a few operations behind them; far below n · ε/2 for long ones.
template <class T>
constexpr long double kTolerance = 40 * kEpsilon<T>;

}  // namespace

TEST_CASE_TEMPLATE("batch_norm_forward is (x − mean)/√(variance + ε) · gamma + beta", T, float, double) {
  for (const Size& size : Sizes()) {
    INFO("rows, features, spatial = ", size.rows, ", ", size.features, ", ", size.spatial);
    Layer<T> layer(size);
    const std::vector<T> mean = layer.mean.values(), variance = layer.variance.values();
    layer.Forward().Run();
    Worst outputs, statistics, running;
    for (size_t j = 0; j < size.features; ++j) {
      const Moments moments = MomentsOf(layer, j);
      statistics.Add(layer.batch_mean[j], moments.mean, kTolerance<T> * moments.largest);
      statistics.Add(layer.inverse[j], moments.inverse(), kTolerance<T> * moments.inverse());
      running.Add(layer.mean[j], kMomentum * mean[j] + (1 - kMomentum) * moments.mean,
                  kTolerance<T> * (1 + moments.largest));
      running.Add(layer.variance[j], kMomentum * variance[j] + (1 - kMomentum) * moments.variance,
                  kTolerance<T> * (1 + moments.variance));
      for (size_t p = 0; p < size.count(); ++p) {
        const size_t i = size.At(j, p);
        const long double factor = moments.inverse() * layer.gamma[j];
        outputs.Add(layer.y[i], (layer.x[i] - moments.mean) * factor + layer.beta[j],
                    kTolerance<T> * (moments.largest * factor + 1));
      }
    }
    CHECK(statistics.ratio() <= 1);
    CHECK(running.ratio() <= 1);
    CHECK(outputs.ratio() <= 1);
  }
}

TEST_CASE_TEMPLATE("batch_norm_inference takes the running statistics", T, float, double) {
  for (const Size& size : Sizes()) {
    INFO("rows, features, spatial = ", size.rows, ", ", size.features, ", ", size.spatial);
    Layer<T> layer(size);
    layer.Inference().Run();
    Worst worst;
    for (size_t j = 0; j < size.features; ++j) {
      const long double factor = layer.gamma[j] / std::sqrt(layer.variance[j] + static_cast<long double>(1e-5));
      for (size_t p = 0; p < size.count(); ++p) {
        const size_t i = size.At(j, p);
        worst.Add(layer.y[i], (layer.x[i] - static_cast<long double>(layer.mean[j])) * factor + layer.beta[j],
                  8 * kEpsilon<T> * (12 * factor + 1));
      }
    }
    CHECK(worst.ratio() <= 1);
  }
}

TEST_CASE_TEMPLATE("batch_norm_backward has the gradients of the mean loss, and the delta of the input", T, float,
                   double) {
  for (const Size& size : Sizes()) {
    INFO("rows, features, spatial = ", size.rows, ", ", size.features, ", ", size.spatial);
    Layer<T> layer(size);
    layer.Forward().Run();
    layer.Backward().Run();
    Worst parameters, deltas;
    for (size_t j = 0; j < size.features; ++j) {
      const Moments moments = MomentsOf(layer, j);
      long double sum = 0, product = 0, magnitude = 0;
      for (size_t p = 0; p < size.count(); ++p) {
        const size_t i = size.At(j, p);
        sum += layer.dy[i];
        product += layer.dy[i] * (layer.x[i] - moments.mean) * moments.inverse();
        magnitude += std::abs(layer.dy[i]);
      }
      // An error of x̂, which the mean's rounding brings, counts for each number.
      const long double unit = kTolerance<T> * (1 + moments.largest * moments.inverse());
      parameters.Add(layer.dgamma[j], product, unit * magnitude);
      parameters.Add(layer.dbeta[j], sum, kTolerance<T> * magnitude);
      for (size_t p = 0; p < size.count(); ++p) {
        const size_t i = size.At(j, p);
        const long double normal = (layer.x[i] - moments.mean) * moments.inverse();
        const long double expected =
            layer.gamma[j] * moments.inverse() * (layer.dy[i] - sum / size.count() - normal * product / size.count());
        deltas.Add(layer.dx[i], expected, unit * layer.gamma[j] * moments.inverse() * (1 + std::abs(normal)));
      }
    }
    CHECK(parameters.ratio() <= 1);
    CHECK(deltas.ratio() <= 1);
    const std::vector<T> dgamma = layer.dgamma.values(), dbeta = layer.dbeta.values();
    layer.dgamma = kNaN<T>, layer.dbeta = kNaN<T>;
    layer.BackwardWeights().Run();
    CHECK(layer.dgamma.values() == dgamma);
    CHECK(layer.dbeta.values() == dbeta);
  }
}

TEST_CASE_TEMPLATE("a constant feature has no variance, however large it is, and comes out as beta", T, float, double) {
  for (const Size& size : {Size{1, 65, 1}, Size{97, 65, 1}, Size{97, 3, 21}, Size{1, 3, 21}}) {
    Layer<T> layer(size);
    layer.x = T(1e6) / 3;
    layer.Forward().Run();
    for (size_t j = 0; j < size.features; ++j) {
      CHECK(layer.batch_mean[j] == layer.x[0]);
      CHECK(layer.inverse[j] == doctest::Approx(1 / std::sqrt(1e-5)));
      for (size_t p = 0; p < size.count(); ++p) CHECK(layer.y[size.At(j, p)] == layer.beta[j]);
    }
    layer.Backward().Run();
    for (size_t i = 0; i < layer.dx.size(); ++i) CHECK(std::isfinite(layer.dx[i]));
  }
}

TEST_CASE("a mean that is large beside the deviation costs no digits of the variance") {
  Layer<float> layer({4096, 17, 1});
  for (size_t i = 0; i < layer.x.size(); ++i) layer.x[i] = 10000 + float(i / 17 % 8) / 8;  // exact in float
  layer.Forward().Run();
  // The variance of 0, 1/8 … 7/8 is (64 − 1)/12/64.
  for (size_t j = 0; j < 17; ++j) CHECK(layer.inverse[j] == doctest::Approx(1 / std::sqrt(63.0 / 768 + 1e-5)));
}

TEST_CASE_TEMPLATE("running statistics pass by batches that are not finite", T, float, double) {
  for (const Size& size : {Size{9, 35, 1}, Size{9, 35, 7}}) {
    for (const T bad : {kNaN<T>, kInfinity<T>, -kInfinity<T>}) {
      Layer<T> layer(size), clean(size);
      const std::vector<T> mean = layer.mean.values(), variance = layer.variance.values();
      for (const size_t j : {0, 16, 34}) layer.x[size.At(j, size.count() - 1)] = bad;
      layer.x[size.At(20, 0)] = bad;
      layer.Forward().Run();
      clean.Forward().Run();
      for (size_t j = 0; j < size.features; ++j) {
        const bool spoilt = j == 0 || j == 16 || j == 34 || j == 20;
        CHECK(layer.mean[j] == (spoilt ? mean[j] : clean.mean[j]));
        CHECK(layer.variance[j] == (spoilt ? variance[j] : clean.variance[j]));
        CHECK(std::isnan(layer.y[size.At(j, 1)]) == spoilt);
      }
    }
  }
}

TEST_CASE_TEMPLATE("batch norm has the same bits on any number of threads" * doctest::test_suite("threads"), T, float,
                   double) {
  for (const Size& size : {Size{150, 301, 1}, Size{20, 7, 500}}) {
    Layer<T> layer(size);
    const std::vector<size_t> shape = size.shape();
    const auto copy = [](const Tensor<T>& from, Tensor<T>& to) { std::copy_n(from.data(), from.size(), to.data()); };
    CheckThreadsDoNotMatter<T>(shape, [&](Context& context, Tensor<T>& out) {
      layer.Forward().Run(context);
      copy(layer.y, out);
    });
    CheckThreadsDoNotMatter<T>(shape, [&](Context& context, Tensor<T>& out) {
      layer.Backward().Run(context);
      copy(layer.dx, out);
    });
    CheckThreadsDoNotMatter<T>({size.features}, [&](Context& context, Tensor<T>& out) {
      layer.BackwardWeights().Run(context);
      copy(layer.dgamma, out);
    });
    Numbers(1).Fill(layer.mean), Numbers(2).Fill(layer.variance, 1, 2);
    CheckThreadsDoNotMatter<T>(shape, [&](Context& context, Tensor<T>& out) {
      layer.Inference().Run(context);
      copy(layer.y, out);
    });
  }
}

TEST_CASE_TEMPLATE("batch norm refuses shapes that do not fit", T, float, double) {
  Layer<T> layer({4, 3, 1});
  Tensor<T> two({2}), narrow({4, 2}), low({3, 3}), empty({0, 3}), hollow({4, 0});
  two = 1, narrow = 1, low = 1;
  struct Kernel {
    std::function<Call<T>()> call;
    std::vector<const char*> rows, features;
  };
  const Kernel kernels[] = {
      {[&] { return layer.Forward(); }, {"x", "y"}, {"gamma", "beta", "mean", "variance", "batchMean", "inverse"}},
      {[&] { return layer.Inference(); }, {"x", "y"}, {"gamma", "beta", "mean", "variance"}},
      {[&] { return layer.Backward(); }, {"x", "dy", "dx"}, {"gamma", "batchMean", "inverse", "dgamma", "dbeta"}},
      {[&] { return layer.BackwardWeights(); }, {"x", "dy"}, {"batchMean", "inverse", "dgamma", "dbeta"}},
  };
  for (const Kernel& kernel : kernels) {
    for (const char* name : kernel.features) {
      CAPTURE(name);
      CHECK_THROWS_AS(kernel.call().With(name, two).Run(), InvalidArgument);
      CHECK_THROWS_AS(kernel.call().With(name, empty).Run(), InvalidArgument);
    }
    for (const char* name : kernel.rows) {
      CAPTURE(name);
      for (Tensor<T>* wrong : {&narrow, &low, &empty, &hollow}) {
        CHECK_THROWS_AS(kernel.call().With(name, *wrong).Run(), InvalidArgument);
      }
    }
  }
  CHECK_THROWS_WITH_AS(layer.Inference().With("beta", two).Run(),
                       "Expected 3 for the length of what each feature has but received 2", InvalidArgument);
}

}  // namespace blasnet::testing
