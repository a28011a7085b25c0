// A convolution's passes from images to images, forward and backward alike: sums over a packed source, cut into tiles
// of images and of bands of rows.

#if defined(BLASNET_MATH_CORRELATE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_MATH_CORRELATE_INL_H_
#undef BLASNET_MATH_CORRELATE_INL_H_
#else
#define BLASNET_MATH_CORRELATE_INL_H_
#endif

#include "math/correlate_block-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// Packed planes of a band take no more than this, unless one row of results alone does: half of a second-level cache.
inline constexpr size_t kBandBytes = 1 << 20;
// A tile has at least this many multiplications (about 40 µs on one core), so that handing it over pays; a few images
// are cut into bands where there would be fewer tiles than this.
inline constexpr size_t kBandProducts = 1 << 21;
inline constexpr size_t kBandTiles = 8;

// Weights as a pass reads them: that of group g, filter f, channel c and tap t is at
// data[g · group + f · filter + c · channel + t].
template <class T>
struct PassWeights {
  const T* data;
  size_t group, filter, channel;
};

struct PassSizes {
  size_t groups, channels, filters;  // of one group; filters are the channels of the target
};

// Rows of results in a band, bands of an image, images in a tile.
struct BandTiling {
  size_t rows, bands, images;
};

template <class T>
BandTiling BandTilingOf(const AxisPass& y, const AxisPass& x, const PassSizes& sizes, size_t taps, size_t images) {
  const size_t rows = y.last - y.first;
  const PackedBand one{y, x, 1};
  const size_t row_bytes = HWY_MAX(size_t{1}, sizes.channels * one.phases() * one.pitch() * sizeof(T));
  const size_t fitting = HWY_MAX(kBandBytes / row_bytes, y.reach + 1) - y.reach;
  const size_t products = sizes.groups * sizes.filters * sizes.channels * taps * rows * (x.last - x.first);
  const size_t wanted = HWY_MIN(kBandTiles, images * products / kBandProducts + 1);
  const size_t bands = HWY_MIN(rows, HWY_MAX((rows + fitting - 1) / fitting, wanted / images));
  const size_t each = (rows + bands - 1) / bands;
  return {each, (rows + each - 1) / each, HWY_MAX(size_t{1}, kBandProducts / HWY_MAX(size_t{1}, products))};
}

// The results of one phase of rows and columns: what they are sums of.
template <class T>
struct PassTarget {
  const AxisPass::Target *y, *x;
  size_t depth;
  size_t* offsets;  // [depth]
  T* panels;        // [groups][blocks of filters][depth × R]
};

// A pass: target[images × groups·filters × …] = bias + Σ weights · source[images × groups·channels × …], rectified
// where `relu` says so
template <class T>
class Correlation {
 public:
  Correlation(const AxisPass& y, const AxisPass& x, const PassSizes& sizes, size_t kernel_width)
      : y_(y), x_(x), sizes_(sizes), kernel_width_(kernel_width) {}

  void Run(Context& context, size_t images, const T* source, const PassWeights<T>& weights, const T* bias, bool relu,
           T* target, size_t target_rows, size_t target_width) {
    if (images == 0) return;
    size_t depth = 0;
    for (const auto& row : y_.targets) {
      for (const auto& column : x_.targets) depth += sizes_.channels * row.taps.size() * column.taps.size();
    }
    const BandTiling tiling = BandTilingOf<T>(y_, x_, sizes_, depth / sizes_.channels, images);
    const PackedBand band{y_, x_, tiling.rows};
    Scratch& scratch = context.pool.scratch();
    const size_t panels = sizes_.groups * sizes_.filters * depth;
    const Scratch::Block shared(scratch, depth * sizeof(size_t) + panels * sizeof(T));
    const std::vector<PassTarget<T>> targets = Targets(band, weights, reinterpret_cast<size_t*>(shared.data()),
                                                       reinterpret_cast<T*>(shared.data() + depth * sizeof(size_t)));

    const Tag<T> d;
    const size_t lanes = hn::Lanes(d);
    const size_t vectors = targets.size() * tiling.rows * ((x_.last - x_.first + lanes - 1) / lanes);
    const size_t list_bytes = targets.size() * sizeof(Listed) + vectors * sizeof(ResultVector);
    const size_t packed = sizes_.channels * band.channel();
    const size_t tiles = (images + tiling.images - 1) / tiling.images * tiling.bands;
    ScratchPieces pieces(scratch, HWY_MIN(tiles, context.pool.threads()), list_bytes + (packed + lanes) * sizeof(T));
    const size_t target_plane = target_rows * target_width;
    context.pool.ParallelFor(tiles, [&](size_t tile) {
      const ScratchPieces::Piece piece(pieces);
      T* planes = reinterpret_cast<T*>(piece.data() + list_bytes);
      std::fill_n(planes + packed, lanes, T(0));  // read by the last vector, and of no account
      const size_t q = y_.first + tile % tiling.bands * tiling.rows;
      auto* lists = reinterpret_cast<Listed*>(piece.data());
      auto* list = reinterpret_cast<ResultVector*>(lists + targets.size());
      for (size_t t = 0; t < targets.size(); ++t) {
        lists[t] = ListVectors(band, *targets[t].y, *targets[t].x, q, lanes, target_width, list);
        list += lists[t].count;
      }
      const size_t first = tile / tiling.bands * tiling.images;
      const size_t last = HWY_MIN(images, first + tiling.images);
      for (size_t at = first * sizes_.groups; at < last * sizes_.groups; ++at) {
        const size_t g = at % sizes_.groups;
        PackBand(band, q, sizes_.channels, source + at * sizes_.channels * y_.source.length * x_.source.length, planes);
        for (size_t t = 0; t < targets.size(); ++t) {
          const PassTarget<T>& one = targets[t];
          CorrelateAll(sizes_.filters, one.depth, one.panels + g * sizes_.filters * one.depth, one.offsets, planes,
                       lists[t].vectors, lists[t].count, bias == nullptr ? nullptr : bias + g * sizes_.filters,
                       Results<T>{target + at * sizes_.filters * target_plane, target_plane, x_.target_stride,
                                  lists[t].end, relu});
        }
      }
    });
  }

 private:
  std::vector<PassTarget<T>> Targets(const PackedBand& band, const PassWeights<T>& weights, size_t* offsets,
                                     T* panels) const {
    std::vector<PassTarget<T>> targets;
    for (const auto& row : y_.targets) {
      for (const auto& column : x_.targets) {
        const size_t depth = sizes_.channels * row.taps.size() * column.taps.size();
        PassTarget<T> target{&row, &column, depth, offsets, panels};
        for (size_t c = 0; c < sizes_.channels; ++c) {
          for (const Tap& down : row.taps) {
            for (const Tap& across : column.taps) *offsets++ = c * band.channel() + band.OffsetOf(down, across);
          }
        }
        panels = PackPanels(target, weights, panels);
        targets.push_back(target);
      }
    }
    return targets;
  }

  // Returns the end of what it wrote.
  T* PackPanels(const PassTarget<T>& target, const PassWeights<T>& weights, T* to) const {
    for (size_t g = 0; g < sizes_.groups; ++g) {
      ForFilterBlocks(sizes_.filters, [&](size_t first, auto block) {
        for (size_t c = 0; c < sizes_.channels; ++c) {
          const T* from = weights.data + g * weights.group + first * weights.filter + c * weights.channel;
          for (const Tap& down : target.y->taps) {
            for (const Tap& across : target.x->taps) {
              const T* tap = from + down.index * kernel_width_ + across.index;
              for (size_t r = 0; r < block.value; ++r) *to++ = tap[r * weights.filter];
            }
          }
        }
      });
    }
    return to;
  }

  const AxisPass &y_, &x_;
  PassSizes sizes_;
  size_t kernel_width_;
};

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
