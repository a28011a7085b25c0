// 3×3 kernels as Winograd's minimal filtering multiplies by them (math/winograd-inl.h): G g Gᵀ. Every pass transforms
// them anew, so that it never multiplies by weights that are no longer; hence that must cost next to nothing even for
// the pass of one image.

#if defined(BLASNET_MATH_WINOGRAD_KERNELS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_MATH_WINOGRAD_KERNELS_INL_H_
#undef BLASNET_MATH_WINOGRAD_KERNELS_INL_H_
#else
#define BLASNET_MATH_WINOGRAD_KERNELS_INL_H_
#endif

#include "math/correlate-inl.h"
#include "math/transpose-inl.h"
#include "math/winograd_tiles-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

inline constexpr size_t kKernelTaps = 9;
// Channels whose taps are collected before the first of them is transformed: what was just stored in parts cannot be
// loaded as a whole until it has reached the cache.
inline constexpr size_t kCollectedChannels = 8;
// Kernels that are transformed in one go at least (about 20 µs on one core), so that handing them over pays.
inline constexpr size_t kKernelsOfTile = 1 << 13;

// G m along one axis
template <class D, class V = hn::Vec<D>>
HWY_INLINE void TransformTaps(D d, V g0, V g1, V g2, V* to) {
  const V half = hn::Set(d, 0.5f);
  to[0] = g0;
  to[1] = hn::Mul(half, hn::Add(hn::Add(g0, g1), g2));
  to[2] = hn::Mul(half, hn::Add(hn::Sub(g0, g1), g2));
  to[3] = g2;
}

// taps[channels][9][R] of R filters
template <size_t R>
HWY_INLINE void CollectTaps(const PassWeights<float>& weights, size_t channels, float* HWY_RESTRICT taps) {
  const auto collect = [&](const float* from, size_t n, float* to) {
    if constexpr (R % 4 == 0) {
      TransposeRows(from, weights.filter, R, n, to, R);
    } else {
      for (size_t r = 0; r < R; ++r) {
        for (size_t i = 0; i < n; ++i) to[i * R + r] = from[r * weights.filter + i];
      }
    }
  };
  if (weights.channel == kKernelTaps) return collect(weights.data, channels * kKernelTaps, taps);
  for (size_t c = 0; c < channels; ++c) {
    collect(weights.data + c * weights.channel, kKernelTaps, taps + c * kKernelTaps * R);
  }
}

// to[i · distance + c · R + r] = number i of G g Gᵀ for the kernel g of filter r and channel c, of R filters. `turn`
// takes the kernels from their ends, as backward passes do.
template <size_t R>
HWY_NOINLINE void TransformKernels(PassWeights<float> weights, size_t channels, bool turn, float* HWY_RESTRICT to,
                                   size_t distance) {
  const hn::CappedTag<float, R> d;
  using V = hn::Vec<decltype(d)>;
  const size_t lanes = hn::Lanes(d);
  const size_t first_tap = turn ? (kKernelTaps - 1) * R : 0;
  const ptrdiff_t step = turn ? -static_cast<ptrdiff_t>(R) : static_cast<ptrdiff_t>(R);
  HWY_ALIGN float taps[kCollectedChannels * kKernelTaps * R];
  for (size_t first = 0; first < channels; first += kCollectedChannels) {
    const size_t count = HWY_MIN(kCollectedChannels, channels - first);
    CollectTaps<R>(weights, count, taps);
    weights.data += count * weights.channel;
    for (size_t c = 0; c < count; ++c, to += R) {
      for (size_t r = 0; r < R; r += lanes) {
        const float* from = taps + c * kKernelTaps * R + first_tap + r;
        V down[3][4];
        for (size_t x = 0; x < 3; ++x) {
          const auto at = [&](size_t y) { return hn::LoadU(d, from + static_cast<ptrdiff_t>(3 * y + x) * step); };
          TransformTaps(d, at(0), at(1), at(2), down[x]);
        }
        for (size_t y = 0; y < 4; ++y) {
          V across[4];
          TransformTaps(d, down[0][y], down[1][y], down[2][y], across);
          for (size_t x = 0; x < 4; ++x) hn::StoreU(across[x], d, to + (4 * y + x) * distance + r);
        }
      }
    }
  }
}

// The transformed kernels of a pass: per group and number of a tile, panels as CorrelateAll takes them.
class WinogradKernels {
 public:
  explicit WinogradKernels(const WinogradSizes& sizes) : s_(sizes) {}

  // From one number's panels to the next one's. Sizes are often powers of two: those would lay all that is written at
  // the same time into the same few cache lines.
  size_t distance() const { return (s_.filters * s_.channels + 2 * kLine - 1) / kLine * kLine; }
  size_t group() const { return kTileNumbers * distance(); }
  size_t size() const { return s_.groups * group(); }

  // to: [size()]
  void Transform(Context& context, const PassWeights<float>& weights, bool turn, float* to) const {
    const size_t fitting = (kKernelsOfTile / s_.channels + 1) / kBlockFilters * kBlockFilters;
    const size_t each = HWY_MAX(kBlockFilters, fitting);  // filters of a tile
    const size_t tiles = (s_.filters + each - 1) / each;
    context.pool.ParallelFor(s_.groups * tiles, [&](size_t tile) {
      const size_t g = tile / tiles, start = tile % tiles * each;
      ForFilterBlocks(HWY_MIN(each, s_.filters - start), [&](size_t block, auto filters) {
        const size_t first = start + block;
        TransformKernels<filters.value>(
            {weights.data + g * weights.group + first * weights.filter, weights.group, weights.filter, weights.channel},
            s_.channels, turn, to + g * group() + first * s_.channels, distance());
      });
    });
  }

 private:
  const WinogradSizes s_;
};

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
