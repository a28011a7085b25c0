// Batch normalisation; Ioffe and Szegedy 2015. x and y are [m × features] or [m × features (channels) × spatial]; what
// belongs to a feature is [features]. A feature's mean and variance are over its n = m · spatial numbers.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "layers/batch_norm.cc"
#include "math/foreach_target.h"
//
#include "layers/feature_groups-inl.h"
#include "math/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

template <class T>
size_t SpatialSize(Matrix<const T> x, size_t features) {
  Check(x.size() > 0 && features > 0 && x.cols % features == 0, "Expected rows of features that are all there");
  return x.cols / features;
}

// y = (x − mean) · inverse · gamma + beta for the features of a group
template <class T, class Group, class V>
HWY_INLINE void Normalise(const Group& group, const T* x, const V* mean, const V* inverse, const T* gamma,
                          const T* beta, T* y) {
  V scale[Group::kVectors], shift[Group::kVectors];
  for (size_t k = 0; k < Group::kVectors; ++k) {
    scale[k] = hn::Mul(group.Feature(gamma, k), inverse[k]);
    shift[k] = group.Feature(beta, k);
  }
  group.Rows(0, group.rows, [&](size_t k, auto place) {
    place.Store(hn::MulAdd(hn::Sub(place.Load(x), mean[k]), scale[k], shift[k]), y);
  });
}

// 1 / √(variance + epsilon)
template <class V>
HWY_INLINE V InverseDeviation(V variance, V epsilon) {
  return hn::Div(hn::Set(hn::DFromV<V>(), 1), hn::Sqrt(hn::Add(variance, epsilon)));
}

// running = momentum · running + (1 − momentum) · batch
template <class V>
HWY_INLINE V Average(V running, V batch, V momentum) {
  return hn::MulAdd(momentum, running, hn::Mul(hn::Sub(hn::Set(hn::DFromV<V>(), 1), momentum), batch));
}

// Training: batchMean and inverse = 1/√(variance + epsilon) of each feature, y, and the running mean and variance,
// which features whose statistics are not finite leave as they were. The variance is Σ (x − batchMean)² / n.
template <class T>
void BatchNormForward(Context& context, Matrix<const T> x, Vector<const T> gamma, Vector<const T> beta, Vector<T> mean,
                      Vector<T> variance, Vector<T> batch_mean, Vector<T> inverse, Matrix<T> y, double momentum,
                      double epsilon) {
  const size_t features = gamma.size, spatial = SpatialSize(x, features);
  for (const size_t size : {beta.size, mean.size, variance.size, batch_mean.size, inverse.size}) {
    CheckEqual("the length of what each feature has", features, size);
  }
  CheckEqual("y's size", x.size(), y.size());
  const T factor = static_cast<T>(1 / (static_cast<double>(x.rows) * static_cast<double>(spatial)));
  ForFeatures<T>(context, x.rows, features, spatial, [&](const auto& group) {
    using V = hn::Vec<Tag<T>>;
    constexpr size_t kVectors = std::decay_t<decltype(group)>::kVectors;
    const Tag<T> d;
    const V share = hn::Set(d, factor);
    const V keep = hn::Set(d, static_cast<T>(momentum)), least = hn::Set(d, static_cast<T>(epsilon));
    V first[kVectors], mu[kVectors], sigma[kVectors];
    // Sums of differences to one of the numbers: a constant feature has a variance of 0 whatever its size.
    for (size_t k = 0; k < kVectors; ++k) first[k] = group.FirstValue(x.data, k);
    SumOver(group, mu, [&](size_t k, auto place) { return hn::Sub(place.Load(x.data), first[k]); });
    for (size_t k = 0; k < kVectors; ++k) mu[k] = hn::MulAdd(mu[k], share, first[k]);
    SumOver(group, sigma, [&](size_t k, auto place) {
      const V difference = hn::Sub(place.Load(x.data), mu[k]);
      return hn::Mul(difference, difference);
    });
    for (size_t k = 0; k < kVectors; ++k) {
      const V m = group.Feature(mean.data, k), v = group.Feature(variance.data, k);
      const V s = hn::Mul(sigma[k], share);
      const auto finite = hn::And(hn::IsFinite(mu[k]), hn::IsFinite(s));
      group.SetFeature(hn::IfThenElse(finite, Average(m, mu[k], keep), m), mean.data, k);
      group.SetFeature(hn::IfThenElse(finite, Average(v, s, keep), v), variance.data, k);
      sigma[k] = InverseDeviation(s, least);
      group.SetFeature(mu[k], batch_mean.data, k);
      group.SetFeature(sigma[k], inverse.data, k);
    }
    Normalise(group, x.data, mu, sigma, gamma.data, beta.data, y.data);
  });
}

// Inference: y from the running mean and variance
template <class T>
void BatchNormInference(Context& context, Matrix<const T> x, Vector<const T> gamma, Vector<const T> beta,
                        Vector<const T> mean, Vector<const T> variance, Matrix<T> y, double epsilon) {
  const size_t features = gamma.size, spatial = SpatialSize(x, features);
  for (const size_t size : {beta.size, mean.size, variance.size}) {
    CheckEqual("the length of what each feature has", features, size);
  }
  CheckEqual("y's size", x.size(), y.size());
  ForFeatures<T>(context, x.rows, features, spatial, [&](const auto& group) {
    using V = hn::Vec<Tag<T>>;
    constexpr size_t kVectors = std::decay_t<decltype(group)>::kVectors;
    const V least = hn::Set(Tag<T>(), static_cast<T>(epsilon));
    V mu[kVectors], inverse[kVectors];
    for (size_t k = 0; k < kVectors; ++k) {
      mu[k] = group.Feature(mean.data, k);
      inverse[k] = InverseDeviation(group.Feature(variance.data, k), least);
    }
    Normalise(group, x.data, mu, inverse, gamma.data, beta.data, y.data);
  });
}

// With x̂ = (x − batchMean) · inverse and sums over a feature's numbers: dgamma = Σ dy·x̂ and dbeta = Σ dy, and, where dx
// is not null, dx = gamma · inverse · (dy − Σ dy / n − x̂ · Σ dy·x̂ / n).
template <class T>
HWY_INLINE void Backward(Context& context, Matrix<const T> x, const T* gamma, Vector<const T> batch_mean,
                         Vector<const T> inverse, Matrix<const T> dy, Vector<T> dgamma, Vector<T> dbeta, T* dx) {
  const size_t features = batch_mean.size, spatial = SpatialSize(x, features);
  for (const size_t size : {inverse.size, dgamma.size, dbeta.size}) {
    CheckEqual("the length of what each feature has", features, size);
  }
  CheckEqual("dy's rows", x.rows, dy.rows);
  CheckEqual("dy's width", x.cols, dy.cols);
  const T per_number = static_cast<T>(-1 / static_cast<double>(x.rows * spatial));
  ForFeatures<T>(context, x.rows, features, spatial, [&](const auto& group) {
    using V = hn::Vec<Tag<T>>;
    constexpr size_t kVectors = std::decay_t<decltype(group)>::kVectors;
    const Tag<T> d;
    V mu[kVectors], by_gamma[kVectors], by_beta[kVectors];
    for (size_t k = 0; k < kVectors; ++k) mu[k] = group.Feature(batch_mean.data, k);
    SumOver(group, by_beta, [&](size_t, auto place) { return place.Load(dy.data); });
    SumOver(group, by_gamma,
            [&](size_t k, auto place) { return hn::Mul(place.Load(dy.data), hn::Sub(place.Load(x.data), mu[k])); });
    V scale[kVectors], slope[kVectors], shift[kVectors];  // dx = scale · dy + slope · (x − mu) + shift
    for (size_t k = 0; k < kVectors; ++k) {
      const V one_over = group.Feature(inverse.data, k);
      by_gamma[k] = hn::Mul(by_gamma[k], one_over);
      group.SetFeature(by_gamma[k], dgamma.data, k);
      group.SetFeature(by_beta[k], dbeta.data, k);
      if (dx == nullptr) continue;
      scale[k] = hn::Mul(group.Feature(gamma, k), one_over);
      const V minus = hn::Mul(scale[k], hn::Set(d, per_number));
      slope[k] = hn::Mul(minus, hn::Mul(one_over, by_gamma[k]));
      shift[k] = hn::Mul(minus, by_beta[k]);
    }
    if (dx == nullptr) return;
    group.Rows(0, group.rows, [&](size_t k, auto place) {
      const V from_x = hn::MulAdd(slope[k], hn::Sub(place.Load(x.data), mu[k]), shift[k]);
      place.Store(hn::MulAdd(scale[k], place.Load(dy.data), from_x), dx);
    });
  });
}

template <class T>
void BatchNormBackward(Context& context, Matrix<const T> x, Vector<const T> gamma, Vector<const T> batch_mean,
                       Vector<const T> inverse, Matrix<const T> dy, Vector<T> dgamma, Vector<T> dbeta, Matrix<T> dx) {
  CheckEqual("gamma's length", batch_mean.size, gamma.size);
  CheckEqual("dx's size", x.size(), dx.size());
  Backward(context, x, gamma.data, batch_mean, inverse, dy, dgamma, dbeta, dx.data);
}

// For a net's first layer
template <class T>
void BatchNormBackwardWeights(Context& context, Matrix<const T> x, Vector<const T> batch_mean, Vector<const T> inverse,
                              Matrix<const T> dy, Vector<T> dgamma, Vector<T> dbeta) {
  Backward<T>(context, x, nullptr, batch_mean, inverse, dy, dgamma, dbeta, nullptr);
}

BLASNET_KERNELS(BatchNorm) {
  registry.Add<&BatchNormForward<float>, &BatchNormForward<double>>(
      "batch_norm_forward",
      {"x", "gamma", "beta", "mean", "variance", "batchMean", "inverse", "y", "momentum", "epsilon"});
  registry
      .Add<&BatchNormInference<float>, &BatchNormInference<double>>(
          "batch_norm_inference", {"x", "gamma", "beta", "mean", "variance", "y", "epsilon"})
      .ByRows({"x", "y"});
  registry.Add<&BatchNormBackward<float>, &BatchNormBackward<double>>(
      "batch_norm_backward", {"x", "gamma", "batchMean", "inverse", "dy", "dgamma", "dbeta", "dx"});
  registry.Add<&BatchNormBackwardWeights<float>, &BatchNormBackwardWeights<double>>(
      "batch_norm_backward_weights", {"x", "batchMean", "inverse", "dy", "dgamma", "dbeta"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(BatchNorm)
#endif
