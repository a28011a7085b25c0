// Normalisation of the numbers of a row: layer norm (Ba et al. 2016), RMS norm (Zhang and Sennrich 2019) and group norm
// (Wu and He 2018). x and y are [m × steps × groups × width × spatial]: a group has all steps of its `width` channels,
// and each channel has `spatial` numbers one behind the other. Layer norm is one group of one step with spatial 1.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "layers/group_norm.cc"
#include "math/foreach_target.h"
//
#include <algorithm>
#include <cmath>

#include "layers/short_rows-inl.h"
#include "ops/broadcast-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// The shape of x, and its numbers in runs that lie in one piece.
struct GroupShape {
  size_t rows, steps, groups, width, spatial;

  template <class T>
  explicit GroupShape(const Array<T>& x) {
    CheckEqual("x's rank", size_t{5}, x.rank);
    rows = x.shape[0], steps = x.shape[1], groups = x.shape[2], width = x.shape[3], spatial = x.shape[4];
    Check(steps > 0 && groups > 0 && width > 0 && spatial > 0, "Expected rows of numbers");
  }
  size_t channels() const { return groups * width; }
  size_t run() const { return width * spatial; }  // numbers of a group at one step
  size_t group_size() const { return steps * run(); }
  size_t places() const { return rows * groups; }
  bool is_layer_norm() const { return steps == 1 && groups == 1 && spatial == 1; }
  size_t numbers() const { return places() * group_size(); }

  // Where the first number of a group lies. Groups are counted over all rows; few rows have several, and a division
  // takes as long as a short row.
  size_t Begin(size_t place) const {
    const size_t row = groups == 1 ? place : place / groups;
    return (row * (steps - 1) * groups + place) * run();
  }

  // Calls f(offset, channel, n, repeats) for the runs of a group: n numbers at `offset` within x, whose channels are
  // those from `channel` on, or are all that one.
  template <class F>
  HWY_INLINE void ForEachRun(size_t place, const F& f) const {
    const size_t begin = Begin(place), group = groups == 1 ? 0 : place % groups;
    for (size_t s = 0; s < steps; ++s) {
      const size_t offset = begin + s * groups * run();
      if (spatial == 1) {
        f(offset, group * width, width, false);
        continue;
      }
      for (size_t c = 0; c < width; ++c) f(offset + c * spatial, group * width + c, spatial, true);
    }
  }
};

// Σ f(i, k) over n numbers, where f gives those from i on, k ≤ Lanes of them: in T for a few thousand, then in double
template <class T, class F>
HWY_INLINE double SumRun(size_t n, const F& f) {
  constexpr size_t kBlock = 2048;
  const Tag<T> d;
  const size_t lanes = hn::Lanes(d);
  double total = 0;
  for (size_t begin = 0; begin < n; begin += kBlock) {
    const size_t end = HWY_MIN(n, begin + kBlock);
    auto a = hn::Zero(d), b = hn::Zero(d);
    size_t i = begin;
    for (; i + 2 * lanes <= end; i += 2 * lanes) {
      a = hn::Add(a, f(i, lanes));
      b = hn::Add(b, f(i + lanes, lanes));
    }
    for (; i + lanes <= end; i += lanes) a = hn::Add(a, f(i, lanes));
    if (i < end) b = hn::Add(b, hn::IfThenElseZero(hn::FirstN(d, end - i), f(i, end - i)));
    total += static_cast<double>(hn::GetLane(hn::SumOfLanes(d, hn::Add(a, b))));
  }
  return total;
}

// The first n ≤ Lanes numbers at p
template <class T>
HWY_INLINE hn::Vec<Tag<T>> Part(const T* p, size_t n) {
  const Tag<T> d;
  return n == hn::Lanes(d) ? hn::LoadU(d, p) : LoadFirst(d, p, n);
}

template <class T>
HWY_INLINE hn::Vec<Tag<T>> PartOf(const Run<T>& run, size_t i, size_t n) {
  return run.repeats ? hn::Set(Tag<T>(), *run.data) : Part(run.data + i, n);
}

// Calls f(place) for all groups of all rows, on the pool's threads.
template <class F>
HWY_INLINE void ForEachGroup(Context& context, const GroupShape& shape, const F& f) {
  ParallelPieces(context, shape.places(), shape.numbers(), [&](size_t first, size_t end) {
    for (size_t place = first; place < end; ++place) f(place);
  });
}

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

// by_gamma += dy·x̂ and by_beta += dy for n channels side by side; by_beta may be null
template <class T>
HWY_INLINE void AddRun(size_t n, const T* x, const T* dy, T mean, T inverse, T* by_gamma, T* by_beta) {
  const auto mu = hn::Set(Tag<T>(), mean), factor = hn::Set(Tag<T>(), inverse);
  MapRun<true>(
      n, by_gamma, [mu, factor](auto, auto v, auto delta) { return hn::Mul(delta, hn::Mul(hn::Sub(v, mu), factor)); },
      Run<T>{x, false}, Run<T>{dy, false});
  if (by_beta == nullptr) return;
  MapRun<true>(
      n, by_beta, [](auto, auto delta) { return delta; }, Run<T>{dy, false});
}

// by_gamma = Σ dy·x̂ and by_beta = Σ dy over steps [begin, end) of all rows, whose channels lie side by side
template <bool kCentred, class T>
HWY_INLINE void AddLines(const GroupShape& shape, size_t begin, size_t end, const T* x, const T* mean, const T* inverse,
                         const T* dy, T* by_gamma, T* by_beta) {
  const size_t channels = shape.channels();
  std::fill_n(by_gamma, channels, T(0));
  if constexpr (kCentred) std::fill_n(by_beta, channels, T(0));
  for (size_t line = begin; line < end; ++line) {
    for (size_t group = 0; group < shape.groups; ++group) {
      const size_t offset = line * channels + group * shape.width, c = group * shape.width;
      const size_t place = line / shape.steps * shape.groups + group;
      AddRun<T>(shape.width, x + offset, dy + offset, kCentred ? mean[place] : T(0), inverse[place], by_gamma + c,
                kCentred ? by_beta + c : nullptr);
    }
  }
}

// The sums over rows of channels that lie side by side (spatial 1): pieces of rows, each summed in blocks, then in
// double.
template <bool kCentred, class T>
HWY_INLINE void WeightsOfColumns(Context& context, const GroupShape& shape, const T* x, const T* mean, const T* inverse,
                                 const T* dy, Vector<T> dgamma, T* dbeta, bool adds) {
  constexpr size_t kMostPieces = 64, kLeastNumbers = 4096, kBlock = 64;
  const size_t channels = shape.channels(), lines = shape.rows * shape.steps;
  const size_t sums = (kCentred ? 2 : 1) * channels;
  const size_t each = HWY_MAX((lines + kMostPieces - 1) / kMostPieces, (kLeastNumbers + channels - 1) / channels);
  const size_t pieces = (lines + each - 1) / each;
  const Scratch::Block memory(context.pool.scratch(), HWY_MAX(size_t{1}, pieces) * 2 * sums * sizeof(T));
  T* const all = reinterpret_cast<T*>(memory.data());
  context.pool.ParallelFor(pieces, [&](size_t piece) {
    T* const total = all + piece * 2 * sums;
    T* const block = total + sums;
    std::fill_n(total, sums, T(0));
    const size_t last = HWY_MIN(lines, (piece + 1) * each);
    for (size_t begin = piece * each; begin < last; begin += kBlock) {
      const size_t end = HWY_MIN(last, begin + kBlock);
      T* const betas = kCentred ? block + channels : nullptr;
      const bool is_short = shape.is_layer_norm() && WithShortRows<kCentred, T>(channels, [&](auto rows) {
                              rows.SumWeights(begin, end, x, mean, inverse, dy, block, betas);
                            });
      if (!is_short) AddLines<kCentred>(shape, begin, end, x, mean, inverse, dy, block, betas);
      Map(
          sums, total, [](auto, auto a, auto b) { return hn::Add(a, b); }, static_cast<const T*>(total),
          static_cast<const T*>(block));
    }
  });
  const auto collect = [&](size_t offset, T* out) {
    for (size_t c = 0; c < channels; ++c) {
      double sum = adds ? static_cast<double>(out[c]) : 0;
      for (size_t piece = 0; piece < pieces; ++piece) sum += static_cast<double>(all[piece * 2 * sums + offset + c]);
      out[c] = static_cast<T>(sum);
    }
  };
  collect(0, dgamma.data);
  if constexpr (kCentred) collect(channels, dbeta);
}

// The same for channels with numbers of their own one behind the other.
template <bool kCentred, class T>
HWY_INLINE void WeightsOfPlanes(Context& context, const GroupShape& shape, const T* x, const T* mean, const T* inverse,
                                const T* dy, Vector<T> dgamma, T* dbeta, bool adds) {
  const size_t channels = shape.channels(), lines = shape.rows * shape.steps;
  ParallelPieces(context, channels, lines * channels * shape.spatial, [&](size_t first, size_t end) {
    for (size_t c = first; c < end; ++c) {
      double by_gamma = adds ? static_cast<double>(dgamma[c]) : 0;
      double by_beta = kCentred && adds ? static_cast<double>(dbeta[c]) : 0;
      for (size_t line = 0; line < lines; ++line) {
        const size_t offset = (line * channels + c) * shape.spatial;
        const size_t place = line / shape.steps * shape.groups + c / shape.width;
        const auto mu = hn::Set(Tag<T>(), kCentred ? mean[place] : T(0));
        const double sum = SumRun<T>(shape.spatial, [&](size_t i, size_t k) {
          return hn::Mul(Part(dy + offset + i, k), hn::Sub(Part(x + offset + i, k), mu));
        });
        by_gamma += sum * static_cast<double>(inverse[place]);
        if constexpr (kCentred) {
          by_beta += SumRun<T>(shape.spatial, [&](size_t i, size_t k) { return Part(dy + offset + i, k); });
        }
      }
      dgamma[c] = static_cast<T>(by_gamma);
      if constexpr (kCentred) dbeta[c] = static_cast<T>(by_beta);
    }
  });
}

// dgamma = (dgamma +) Σ dy·x̂ and dbeta = (dbeta +) Σ dy for each channel
template <bool kCentred, class T>
HWY_INLINE void BackwardWeights(Context& context, Array<const T> x, const T* mean, Vector<const T> inverse,
                                Array<const T> dy, Vector<T> dgamma, T* dbeta, double accumulate) {
  const GroupShape shape(x);
  CheckEqual("dy's size", x.size(), dy.size());
  CheckEqual("dgamma's length", shape.channels(), dgamma.size);
  CheckEqual("inverse's length", shape.places(), inverse.size);
  if (shape.spatial == 1) {
    WeightsOfColumns<kCentred, T>(context, shape, x.data, mean, inverse.data, dy.data, dgamma, dbeta, accumulate != 0);
  } else {
    WeightsOfPlanes<kCentred, T>(context, shape, x.data, mean, inverse.data, dy.data, dgamma, dbeta, accumulate != 0);
  }
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
void GroupNormBackwardWeights(Context& context, Array<const T> x, Vector<const T> mean, Vector<const T> inverse,
                              Array<const T> dy, Vector<T> dgamma, Vector<T> dbeta, double accumulate) {
  CheckEqual("mean's length", inverse.size, mean.size);
  CheckEqual("dbeta's length", dgamma.size, dbeta.size);
  BackwardWeights<true, T>(context, x, mean.data, inverse, dy, dgamma, dbeta.data, accumulate);
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

template <class T>
void RmsNormBackwardWeights(Context& context, Array<const T> x, Vector<const T> inverse, Array<const T> dy,
                            Vector<T> dgamma, double accumulate) {
  BackwardWeights<false, T>(context, x, nullptr, inverse, dy, dgamma, nullptr, accumulate);
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
  registry.Add<&GroupNormBackwardWeights<float>, &GroupNormBackwardWeights<double>>(
      "group_norm_backward_weights", {"x", "mean", "inverse", "dy", "dgamma", "dbeta", "accumulate"});
  registry
      .Add<&RmsNormForward<float>, &RmsNormForward<double>>("rms_norm_forward",
                                                            {"x", "gamma", "y", "inverse", "epsilon"})
      .ByRows({"x", "y", "inverse"});
  registry
      .Add<&RmsNormBackwardInput<float>, &RmsNormBackwardInput<double>>(
          "rms_norm_backward_input", {"x", "gamma", "inverse", "dy", "dx", "accumulate"})
      .ByRows({"x", "inverse", "dy", "dx"});
  registry.Add<&RmsNormBackwardWeights<float>, &RmsNormBackwardWeights<double>>(
      "rms_norm_backward_weights", {"x", "inverse", "dy", "dgamma", "accumulate"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(GroupNorm)
#endif
