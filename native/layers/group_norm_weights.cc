// The derivatives of layer norm, RMS norm and group norm by gamma and beta.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "layers/group_norm_weights.cc"
#include "math/foreach_target.h"
//
#include <algorithm>

#include "layers/group_norm-inl.h"
#include "layers/short_rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

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
void GroupNormBackwardWeights(Context& context, Array<const T> x, Vector<const T> mean, Vector<const T> inverse,
                              Array<const T> dy, Vector<T> dgamma, Vector<T> dbeta, double accumulate) {
  CheckEqual("mean's length", inverse.size, mean.size);
  CheckEqual("dbeta's length", dgamma.size, dbeta.size);
  BackwardWeights<true, T>(context, x, mean.data, inverse, dy, dgamma, dbeta.data, accumulate);
}

template <class T>
void RmsNormBackwardWeights(Context& context, Array<const T> x, Vector<const T> inverse, Array<const T> dy,
                            Vector<T> dgamma, double accumulate) {
  BackwardWeights<false, T>(context, x, nullptr, inverse, dy, dgamma, nullptr, accumulate);
}

BLASNET_KERNELS(GroupNormWeights) {
  registry.Add<&GroupNormBackwardWeights<float>, &GroupNormBackwardWeights<double>>(
      "group_norm_backward_weights", {"x", "mean", "inverse", "dy", "dgamma", "dbeta", "accumulate"});
  registry.Add<&RmsNormBackwardWeights<float>, &RmsNormBackwardWeights<double>>(
      "rms_norm_backward_weights", {"x", "inverse", "dy", "dgamma", "accumulate"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(GroupNormWeights)
#endif
