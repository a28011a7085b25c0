// A convolution's passes from images to images in bfloat16 by the instruction that multiplies tiles of pairs (AMX). A
// pair holds the numbers of two neighbouring channels at one place of an image, so that planes of pairs are packed as
// those of float32 are (math/planes-inl.h): 16 of them with 16 neighbouring numbers are a right factor's tile as they
// lie, wherever a tap reads.
//
// A sum has its terms in the order of the taps and, for each tap, of tiles of channels: its bits follow from the terms.

#if defined(BLASNET_MATH_BFLOAT16_CORRELATE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_MATH_BFLOAT16_CORRELATE_INL_H_
#undef BLASNET_MATH_BFLOAT16_CORRELATE_INL_H_
#else
#define BLASNET_MATH_BFLOAT16_CORRELATE_INL_H_
#endif

#include "math/bfloat16_planes-inl.h"
#include "math/correlate-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// How the sums of a pass are finished.
struct PassFinish {
  const float* bias;  // of each filter; none where null
  bool relu;          // whether results are rectified
  const float* gate;  // results are multiplied by the rectifier's derivative at these numbers; not where null
};

template <class Tiles, class Rounder>
class TileCorrelation {
 public:
  // Numbers of a tile's row of results.
  static constexpr size_t kColumns = HWY_MIN(kTileColumns, kPairLanes);

  TileCorrelation(const AxisPass& y, const AxisPass& x, const PassSizes& sizes, size_t kernel_width)
      : y_(y), x_(x), sizes_(sizes), kernel_width_(kernel_width), terms_((sizes.channels + 1) / 2) {}

  // target[images × groups·filters × …] = bias + Σ weights · source[images × groups·channels × …], rounded factors
  void Run(Context& context, size_t images, const float* source, const PassWeights<float>& weights,
           const PassFinish& finish, float* target, size_t target_rows, size_t target_width) {
    if (images == 0) return;
    size_t taps = 0;
    for (const auto& row : y_.targets) {
      for (const auto& column : x_.targets) taps += row.taps.size() * column.taps.size();
    }
    const BandTiling tiling = BandTilingOf<float>(y_, x_, sizes_, taps, images);
    const PackedBand band{y_, x_, tiling.rows};
    // Planes lie an odd number of cache lines apart, lest those of a tile drive each other from the cache.
    const size_t plane = (band.channel() + kLine - 1) / kLine * kLine | kLine;
    const size_t offset_bytes = (taps * sizeof(size_t) + kTileRowBytes - 1) / kTileRowBytes * kTileRowBytes;
    Scratch& scratch = context.pool.scratch();
    const Scratch::Block shared(scratch, offset_bytes + sizes_.groups * taps * left_size() * sizeof(uint32_t));
    size_t* offsets = reinterpret_cast<size_t*>(shared.data());
    uint32_t* left = reinterpret_cast<uint32_t*>(shared.data() + offset_bytes);
    const std::vector<Target> targets = Targets(band, weights, offsets, left);

    const size_t vectors = targets.size() * tiling.rows * ((x_.last - x_.first + kColumns - 1) / kColumns);
    const size_t list_bytes = targets.size() * sizeof(Listed) + vectors * sizeof(ResultVector);
    const size_t start = (list_bytes + kTileRowBytes - 1) / kTileRowBytes * kTileRowBytes;
    const size_t tiles = (images + tiling.images - 1) / tiling.images * tiling.bands;
    const size_t planes_size = terms_.padded() * plane + kColumns;
    ScratchPieces pieces(scratch, HWY_MIN(tiles, context.pool.threads()),
                         start + (planes_size + x_.source.length) * sizeof(uint32_t));
    const size_t target_plane = target_rows * target_width;
    const size_t source_image = sizes_.channels * y_.source.length * x_.source.length;
    context.pool.ParallelFor(tiles, [&](size_t tile) {
      const ScratchPieces::Piece piece(pieces);
      uint32_t* planes = reinterpret_cast<uint32_t*>(piece.data() + start);
      // Borders around the images stay 0. The zeros behind the planes stand in for a channel without a neighbour.
      std::fill_n(planes, planes_size + x_.source.length, 0u);
      const float* zeros = reinterpret_cast<const float*>(planes + planes_size);
      const size_t q = y_.first + tile % tiling.bands * tiling.rows;
      auto* lists = reinterpret_cast<Listed*>(piece.data());
      auto* list = reinterpret_cast<ResultVector*>(lists + targets.size());
      for (size_t t = 0; t < targets.size(); ++t) {
        lists[t] = ListVectors(band, *targets[t].y, *targets[t].x, q, kColumns, target_width, list);
        list += lists[t].count;
      }
      Tiles own(ShapesOf(kTileRows, terms_.pairs, kColumns));
      const size_t first = tile / tiling.bands * tiling.images;
      const size_t last = HWY_MIN(images, first + tiling.images);
      for (size_t at = first * sizes_.groups; at < last * sizes_.groups; ++at) {
        const size_t g = at % sizes_.groups;
        PackPairPlanes<Rounder>(band, q, sizes_.channels, source + at * source_image, zeros, plane, planes);
        for (size_t t = 0; t < targets.size(); ++t) {
          const Target& one = targets[t];
          PassFinish here = finish;
          if (here.bias != nullptr) here.bias += g * sizes_.filters;
          if (here.gate != nullptr) here.gate += at * sizes_.filters * target_plane;
          const Results<float> results{target + at * sizes_.filters * target_plane, target_plane, x_.target_stride,
                                       lists[t].end, finish.relu};
          Correlate(own, one, one.left + g * one.taps * left_size(), planes, plane, lists[t], here, results);
        }
      }
    });
  }

 private:
  static constexpr size_t kLine = kTileRowBytes / sizeof(uint32_t), kFilters = 2 * kTileRows;

  // The results of one phase of rows and columns.
  struct Target {
    const AxisPass::Target *y, *x;
    size_t taps;
    const size_t* offsets;  // [taps]
    const uint32_t* left;   // [groups][blocks of kFilters][taps][steps][2][kTileRows][pairs]
  };

  size_t blocks() const { return (sizes_.filters + kFilters - 1) / kFilters; }
  // Pairs of a group's weights of one tap.
  size_t left_size() const { return blocks() * kFilters * terms_.padded(); }

  std::vector<Target> Targets(const PackedBand& band, const PassWeights<float>& weights, size_t* offsets,
                              uint32_t* left) const {
    std::vector<Target> targets;
    for (const auto& row : y_.targets) {
      for (const auto& column : x_.targets) {
        const Target target{&row, &column, row.taps.size() * column.taps.size(), offsets, left};
        for (const Tap& down : row.taps) {
          for (const Tap& across : column.taps) *offsets++ = band.OffsetOf(down, across);
        }
        left = PackLeft(target, weights, left);
        targets.push_back(target);
      }
    }
    return targets;
  }

  // Returns the end of what it wrote.
  uint32_t* PackLeft(const Target& target, const PassWeights<float>& weights, uint32_t* to) const {
    for (size_t g = 0; g < sizes_.groups; ++g) {
      for (size_t block = 0; block < blocks(); ++block) {
        for (const Tap& down : target.y->taps) {
          for (const Tap& across : target.x->taps) {
            const float* tap = weights.data + g * weights.group + down.index * kernel_width_ + across.index;
            for (size_t step = 0; step < terms_.steps; ++step) {
              for (size_t r = 0; r < kFilters; ++r) {
                const size_t filter = block * kFilters + r;
                for (size_t i = 0; i < terms_.pairs; ++i) {
                  const size_t channel = 2 * (step * terms_.pairs + i);
                  const auto number = [&](size_t c) -> uint32_t {
                    if (filter >= sizes_.filters || c >= sizes_.channels) return 0;
                    return Bfloat16BitsOf(tap[filter * weights.filter + c * weights.channel]);
                  };
                  *to++ = number(channel) | number(channel + 1) << 16;
                }
              }
            }
          }
        }
      }
    }
    return to;
  }

  // All filters of a group for all vectors of a target.
  void Correlate(Tiles& tiles, const Target& target, const uint32_t* left, const uint32_t* planes, size_t plane,
                 const Listed& listed, const PassFinish& finish, const Results<float>& results) const {
    HWY_ALIGN float sums[kFilters * 2 * kColumns];
    for (size_t v = 0; v < listed.count; v += 2) {
      const ResultVector* vectors = listed.vectors + v;
      const bool wide = v + 1 < listed.count;
      const uint32_t* from[2] = {planes + vectors[0].from, planes + vectors[wide ? 1 : 0].from};
      for (size_t first = 0; first < sizes_.filters; first += kFilters) {
        const size_t rows = HWY_MIN(kFilters, sizes_.filters - first);
        const uint32_t* panel = left + first * target.taps * terms_.padded();
        if (rows > kTileRows && wide) {
          Sum<true, true>(tiles, target, panel, from, plane, sums);
        } else if (rows > kTileRows) {
          Sum<true, false>(tiles, target, panel, from, plane, sums);
        } else if (wide) {
          Sum<false, true>(tiles, target, panel, from, plane, sums);
        } else {
          Sum<false, false>(tiles, target, panel, from, plane, sums);
        }
        for (size_t r = 0; r < rows; ++r) {
          for (size_t i = 0; i < (wide ? 2u : 1u); ++i) {
            Finish(sums + (r * 2 + i) * kColumns, first + r, vectors[i], finish, results);
          }
        }
      }
    }
  }

  // sums[kFilters][2][kColumns] of 16 filters, or 32 (kLow), and one vector, or two (kWide).
  template <bool kLow, bool kWide>
  void Sum(Tiles& tiles, const Target& target, const uint32_t* left, const uint32_t* const from[2], size_t plane,
           float* sums) const {
    const size_t pitch = plane * sizeof(uint32_t), left_pitch = terms_.pairs * sizeof(uint32_t);
    const size_t half = kTileRows * terms_.pairs;
    TileSums<kLow, kWide, Tiles> block{tiles};
    block.Clear();
    for (size_t t = 0; t < target.taps; ++t) {
      size_t at = target.offsets[t];
      for (size_t step = 0; step < terms_.steps; ++step, left += 2 * half, at += terms_.pairs * plane) {
        block.Add(left, left + half, left_pitch, from[0] + at, from[1] + at, pitch);
      }
    }
    block.Store(sums, sums + kTileRows * 2 * kColumns, kColumns, 2 * kColumns * sizeof(float));
  }

  void Finish(const float* sums, size_t filter, const ResultVector& vector, const PassFinish& finish,
              const Results<float>& results) const {
    const hn::CappedTag<float, kColumns> d;
    auto v = hn::Load(d, sums);
    if (finish.bias != nullptr) v = hn::Add(hn::Set(d, finish.bias[filter]), v);
    if (finish.relu) v = PositivePart(d, v);
    float* to = results.data + filter * results.plane;
    if (finish.gate == nullptr) return StoreResults(d, v, vector, to, results.stride, results.end);
    const float* gate = finish.gate + filter * results.plane;
    if (vector.gaps) v = hn::Compress(v, hn::LoadMaskBits(d, vector.bits));
    v = hn::Mul(v, ReluSlope(d, GateOf(d, gate, vector, results.stride)));
    StoreResults(d, v, {vector.from, vector.to, vector.count, false, {}}, to, results.stride, results.end);
  }

  // The numbers of the gate where the results of a vector go.
  template <class D>
  static hn::Vec<D> GateOf(D d, const float* gate, const ResultVector& vector, size_t stride) {
    if (stride == 1) {
      const float* from = gate + vector.to;
      return vector.count == hn::Lanes(d) ? hn::LoadU(d, from) : LoadFirst(d, from, vector.count);
    }
    HWY_ALIGN float numbers[kColumns] = {};
    for (size_t i = 0; i < vector.count; ++i) numbers[i] = gate[vector.to + i * stride];
    return hn::Load(d, numbers);
  }

  const AxisPass &y_, &x_;
  const PassSizes sizes_;
  const size_t kernel_width_;
  const PairSteps terms_;
};

// y[m × filters × oh × ow] from x[m × channels × h × w] and w[filters × channels/groups × kh × kw]
template <class Tiles, class Rounder>
void ForwardByTiles(Context& context, const Convolution& c, Matrix<const float> x, const float* w,
                    const PassFinish& finish, float* y) {
  const AxisPass down = ForwardPass(c.y), across = ForwardPass(c.x);
  const size_t filter = c.group_channels() * c.taps();
  TileCorrelation<Tiles, Rounder>(down, across, {c.groups, c.group_channels(), c.group_filters()}, c.x.kernel)
      .Run(context, x.rows, x.data, {w, c.group_filters() * filter, filter, c.taps()}, finish, y, c.y.output,
           c.x.output);
}

// dx[m × channels × h × w] from dy[m × filters × oh × ow] and w
template <class Tiles, class Rounder>
void BackwardByTiles(Context& context, const Convolution& c, const float* w, Matrix<const float> dy,
                     const PassFinish& finish, float* dx) {
  const AxisPass down = BackwardPass(c.y), across = BackwardPass(c.x);
  const size_t filter = c.group_channels() * c.taps();
  TileCorrelation<Tiles, Rounder>(down, across, {c.groups, c.group_filters(), c.group_channels()}, c.x.kernel)
      .Run(context, dy.rows, dy.data, {w, c.group_filters() * filter, c.taps(), filter}, finish, dx, c.y.input,
           c.x.input);
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
