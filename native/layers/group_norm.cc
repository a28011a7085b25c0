// Normalisation of the numbers of a row, and its derivative by them: layer norm (Ba et al. 2016), RMS norm (Zhang and
// Sennrich 2019) and group norm (Wu and He 2018).

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "layers/group_norm.cc"
#include "math/foreach_target.h"
//
#include <cmath>

#include "layers/group_norm-inl.h"
#include "layers/short_rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// The mean of a group's numbers.
template <class T>
HWY_INLINE T MeanOf(const GroupShape& shape, const T* x, size_t place, double share) {
  // Sums of differences to one of the numbers: constant rows have a variance of 0 whatever their size.
  const T first = x[shape.Begin(place)];
  const auto start = hn::Set(Tag<T>(), first);
  double sum = 0;
  shape.ForEachRun(place, [&](size_t offset, size_t, size_t n, bool) {
    sum += SumRun<T>(n, [&](size_t i, size_t k) { return hn::Sub(Part(x + offset + i, k), start); });
  });
  return static_cast<T>(static_cast<double>(first) + sum * share);
}

// Σ (x − center)² of a group's numbers.
template <class T>
HWY_INLINE double SquaresOf(const GroupShape& shape, const T* x, size_t place, T center) {
  const auto mu = hn::Set(Tag<T>(), center);
  double squares = 0;
  shape.ForEachRun(place, [&](size_t offset, size_t, size_t n, bool) {
    squares += SumRun<T>(n, [&](size_t i, size_t k) {
      const auto difference = hn::Sub(Part(x + offset + i, k), mu);
      return hn::Mul(difference, difference);
    });
  });
  return squares;
}

// y = (x − center) · inverse · gamma + beta for a group's numbers, without center and beta where they are not kCentred
template <bool kCentred, class T>
HWY_INLINE void WriteNormal(const GroupShape& shape, const T* x, const T* gamma, const T* beta, size_t place, T center,
                            T inverse, T* y) {
  const auto mu = hn::Set(Tag<T>(), center), factor = hn::Set(Tag<T>(), inverse);
  shape.ForEachRun(place, [&](size_t offset, size_t channel, size_t n, bool repeats) {
    const Run<T> numbers{x + offset, false}, scale{gamma + channel, repeats};
    if constexpr (kCentred) {
      MapRun<false>(
          n, y + offset,
          [mu, factor](auto, auto v, auto g, auto b) { return hn::MulAdd(hn::Mul(hn::Sub(v, mu), factor), g, b); },
          numbers, scale, Run<T>{beta + channel, repeats});
    } else {
      MapRun<false>(
          n, y + offset, [factor](auto, auto v, auto g) { return hn::Mul(hn::Mul(v, factor), g); }, numbers, scale);
    }
  });
}

// kCentred: y = (x − mean) · inverse · gamma + beta, with inverse = 1/√(Σ (x − mean)² / n + epsilon). Else
// y = x · inverse · gamma, with inverse = 1/√(Σ x² / n + epsilon).
template <bool kCentred, class T>
HWY_INLINE void Normalise(Context& context, Array<const T> x, Vector<const T> gamma, const T* beta, Array<T> y, T* mean,
                          Vector<T> inverse, double epsilon) {
  const GroupShape shape(x);
  CheckEqual("y's size", x.size(), y.size());
  CheckEqual("gamma's length", shape.channels(), gamma.size);
  CheckEqual("inverse's length", shape.places(), inverse.size);
  const bool is_short = shape.is_layer_norm() && WithShortRows<kCentred, T>(shape.width, [&](auto rows) {
                          ParallelPieces(context, shape.rows, shape.numbers(), [&](size_t first, size_t last) {
                            rows.Forward(first, last, x.data, gamma.data, beta, y.data, mean, inverse.data, epsilon);
                          });
                        });
  if (is_short) return;
  const double share = 1 / static_cast<double>(shape.group_size());
  // Some groups at a time: each of the loops has chains of operations that do not wait for each other.
  constexpr size_t kBlock = 16;
  ParallelPieces(context, shape.places(), shape.numbers(), [&](size_t first, size_t last) {
    for (size_t begin = first; begin < last; begin += kBlock) {
      const size_t end = HWY_MIN(last, begin + kBlock);
      T centers[kBlock] = {};
      double squares[kBlock] = {};
      for (size_t place = begin; kCentred && place < end; ++place) {
        centers[place - begin] = mean[place] = MeanOf(shape, x.data, place, share);
      }
      for (size_t place = begin; place < end; ++place) {
        squares[place - begin] = SquaresOf(shape, x.data, place, centers[place - begin]);
      }
      for (size_t i = 0; i < kBlock; ++i) squares[i] = 1 / std::sqrt(squares[i] * share + epsilon);
      for (size_t place = begin; place < end; ++place) {
        inverse[place] = static_cast<T>(squares[place - begin]);
        WriteNormal<kCentred>(shape, x.data, gamma.data, beta, place, centers[place - begin], inverse[place], y.data);
      }
    }
  });
}

// With x̂ = (x − mean) · inverse and g = dy · gamma: dx = (dx +) inverse · (g − mean of g − x̂ · mean of g·x̂), where RMS
// norm has no mean of g.
template <bool kCentred, class T>
HWY_INLINE void BackwardInput(Context& context, Array<const T> x, Vector<const T> gamma, const T* mean,
                              Vector<const T> inverse, Array<const T> dy, Array<T> dx, double accumulate) {
  const GroupShape shape(x);
  CheckEqual("dy's size", x.size(), dy.size());
  CheckEqual("dx's size", x.size(), dx.size());
  CheckEqual("gamma's length", shape.channels(), gamma.size);
  CheckEqual("inverse's length", shape.places(), inverse.size);
  const bool is_short =
      shape.is_layer_norm() && WithShortRows<kCentred, T>(shape.width, [&](auto rows) {
        ParallelPieces(context, shape.rows, shape.numbers(), [&](size_t first, size_t last) {
          if (accumulate != 0) {
            rows.template BackwardInput<true>(first, last, x.data, gamma.data, mean, inverse.data, dy.data, dx.data);
          } else {
            rows.template BackwardInput<false>(first, last, x.data, gamma.data, mean, inverse.data, dy.data, dx.data);
          }
        });
      });
  if (is_short) return;
  const double share = 1 / static_cast<double>(shape.group_size());
  ForEachGroup(context, shape, [&](size_t place) {
    const Tag<T> d;
    const auto mu = hn::Set(d, kCentred ? mean[place] : T(0)), factor = hn::Set(d, inverse[place]);
    double plain = 0, product = 0;
    shape.ForEachRun(place, [&](size_t offset, size_t channel, size_t n, bool repeats) {
      const Run<T> scale{gamma.data + channel, repeats};
      const auto part = [&](size_t i, size_t k) { return hn::Mul(Part(dy.data + offset + i, k), PartOf(scale, i, k)); };
      if constexpr (kCentred) plain += SumRun<T>(n, part);
      product += SumRun<T>(n, [&](size_t i, size_t k) {
        return hn::Mul(part(i, k), hn::Mul(hn::Sub(Part(x.data + offset + i, k), mu), factor));
      });
    });
    const auto shift = hn::Set(d, static_cast<T>(plain * share)), slope = hn::Set(d, static_cast<T>(product * share));
    const auto derivative = [mu, factor, shift, slope](auto, auto v, auto delta, auto g) {
      const auto normal = hn::Mul(hn::Sub(v, mu), factor);
      return hn::Mul(factor, hn::NegMulAdd(normal, slope, hn::MulSub(delta, g, shift)));
    };
    shape.ForEachRun(place, [&](size_t offset, size_t channel, size_t n, bool repeats) {
      const Run<T> numbers{x.data + offset, false}, deltas{dy.data + offset, false};
      const Run<T> scale{gamma.data + channel, repeats};
      if (accumulate != 0) {
        MapRun<true>(n, dx.data + offset, derivative, numbers, deltas, scale);
      } else {
        MapRun<false>(n, dx.data + offset, derivative, numbers, deltas, scale);
      }
    });
  });
}

template <class T>
void GroupNormForward(Context& context, Array<const T> x, Vector<const T> gamma, Vector<const T> beta, Array<T> y,
                      Vector<T> mean, Vector<T> inverse, double epsilon) {
  CheckEqual("beta's length", gamma.size, beta.size);
  CheckEqual("mean's length", inverse.size, mean.size);
  Normalise<true, T>(context, x, gamma, beta.data, y, mean.data, inverse, epsilon);
}

template <class T>
void GroupNormBackwardInput(Context& context, Array<const T> x, Vector<const T> gamma, Vector<const T> mean,
                            Vector<const T> inverse, Array<const T> dy, Array<T> dx, double accumulate) {
  CheckEqual("mean's length", inverse.size, mean.size);
  BackwardInput<true, T>(context, x, gamma, mean.data, inverse, dy, dx, accumulate);
}

template <class T>
void RmsNormForward(Context& context, Array<const T> x, Vector<const T> gamma, Array<T> y, Vector<T> inverse,
                    double epsilon) {
  Normalise<false, T>(context, x, gamma, nullptr, y, nullptr, inverse, epsilon);
}

template <class T>
void RmsNormBackwardInput(Context& context, Array<const T> x, Vector<const T> gamma, Vector<const T> inverse,
                          Array<const T> dy, Array<T> dx, double accumulate) {
  BackwardInput<false, T>(context, x, gamma, nullptr, inverse, dy, dx, accumulate);
}

BLASNET_KERNELS(GroupNorm) {
  registry
      .Add<&GroupNormForward<float>, &GroupNormForward<double>>(
          "group_norm_forward", {"x", "gamma", "beta", "y", "mean", "inverse", "epsilon"})
      .ByRows({"x", "y", "mean", "inverse"});
  registry
      .Add<&GroupNormBackwardInput<float>, &GroupNormBackwardInput<double>>(
          "group_norm_backward_input", {"x", "gamma", "mean", "inverse", "dy", "dx", "accumulate"})
      .ByRows({"x", "mean", "inverse", "dy", "dx"});
  registry
      .Add<&RmsNormForward<float>, &RmsNormForward<double>>("rms_norm_forward",
                                                            {"x", "gamma", "y", "inverse", "epsilon"})
      .ByRows({"x", "y", "inverse"});
  registry
      .Add<&RmsNormBackwardInput<float>, &RmsNormBackwardInput<double>>(
          "rms_norm_backward_input", {"x", "gamma", "inverse", "dy", "dx", "accumulate"})
      .ByRows({"x", "inverse", "dy", "dx"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(GroupNorm)
#endif
