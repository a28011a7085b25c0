// The gradient of a convolution's weights in bfloat16 by the instruction that multiplies tiles of pairs (AMX). Terms
// are pixels: rows of a left factor are channels, whose planes lie packed as they are read, wherever a tap begins;
// columns of a right factor are filters, whose deltas are packed as pairs of neighbouring pixels.

#if defined(BLASNET_MATH_BFLOAT16_WEIGHT_GRADIENT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_MATH_BFLOAT16_WEIGHT_GRADIENT_INL_H_
#undef BLASNET_MATH_BFLOAT16_WEIGHT_GRADIENT_INL_H_
#else
#define BLASNET_MATH_BFLOAT16_WEIGHT_GRADIENT_INL_H_
#endif

#include "math/bfloat16_planes-inl.h"
#include "math/weight_gradient-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// Bytes of packed inputs and deltas that are summed in one go.
inline constexpr size_t kTileGradientBytes = 1 << 18;

template <class Tiles, class Rounder>
class TileWeightGradient {
 public:
  explicit TileWeightGradient(const Convolution& c)
      : c_(c),
        y_(ForwardPass(c.y)),
        x_(ForwardPass(c.x)),
        channels_(c.group_channels()),
        filters_((c.group_filters() + kTileColumns - 1) / kTileColumns * kTileColumns),
        rows_(RowsOf(PackedBand{y_, x_, 1})),
        band_{y_, x_, rows_},
        length_((rows_ * band_.pitch() + kTerms - 1) / kTerms * kTerms) {
    // The last terms reach beyond the planes, where deltas are 0: what they read there must be a number.
    const size_t reach = band_.channel() + x_.reach + length_ - rows_ * band_.pitch();
    // An odd number of cache lines, lest rows of a tile drive each other from the cache.
    plane_ = ((reach + kTerms - 1) / kTerms | 1) * kTerms;
    images_ = rows_ < c.y.output ? 1 : HWY_MAX(size_t{1}, kTileGradientBytes / (inputs() * 2 + deltas() * 4));
    for (const Tap& down : y_.targets[0].taps) {
      for (const Tap& across : x_.targets[0].taps) offsets_.push_back(band_.OffsetOf(down, across));
    }
  }

  // Each row of parts[p × (weights, biases)] takes the sums over one part of the images, in the order that
  // SumGradientParts reads.
  void Run(Context& context, Matrix<const float> x, Matrix<const float> dy, Matrix<float> parts) const {
    const size_t packed = images_ * (inputs() / 2 + deltas());
    const size_t numbers = packed + sums() + filters_ * length_ / 2;
    ScratchPieces pieces(context.pool.scratch(), HWY_MIN(parts.rows, context.pool.threads()), numbers * 4);
    context.pool.ParallelFor(parts.rows, [&](size_t part) {
      const ScratchPieces::Piece piece(pieces);
      auto* memory = reinterpret_cast<uint32_t*>(piece.data());
      // Borders around images and deltas stay 0.
      std::fill_n(memory, numbers, 0u);
      const Room room{reinterpret_cast<uint16_t*>(memory), memory + images_ * inputs() / 2,
                      reinterpret_cast<float*>(memory + packed), reinterpret_cast<uint16_t*>(memory + packed + sums())};
      float* weights = parts.row(part);
      float* biases = weights + c_.filters * terms();
      std::fill_n(biases, c_.filters, 0.0f);
      const size_t first = part * x.rows / parts.rows, last = (part + 1) * x.rows / parts.rows;
      Tiles tiles(ShapesOf(channels_.pairs, kTilePairs, kTileColumns));
      for (size_t g = 0; g < c_.groups; ++g) {
        std::fill_n(room.sums, sums(), 0.0f);
        for (size_t i = first; i < last; i += images_) {
          const size_t images = HWY_MIN(images_, last - i);
          for (size_t q = 0; q < c_.y.output; q += rows_) {
            if (rows_ < c_.y.output) Clear(room);
            for (size_t j = 0; j < images; ++j) {
              PackPlanes<Rounder>(band_, q, c_.group_channels(),
                                  x.row(i + j) + g * c_.group_channels() * c_.input_plane(), plane_,
                                  room.inputs + j * inputs());
              PackDeltas(dy.row(i + j) + g * c_.group_filters() * c_.output_plane(), q, room,
                         room.deltas + j * deltas(), biases + g * c_.group_filters());
            }
            AddProducts(tiles, images, room);
          }
        }
        Finish(room.sums, weights + g * c_.group_filters() * terms());
      }
    });
  }

 private:
  static constexpr size_t kTerms = 2 * kTilePairs;

  // Memory of a part.
  struct Room {
    uint16_t* inputs;  // [images][channels][plane_]
    uint32_t* deltas;  // [images][length_ / 2][filters_]
    float* sums;       // [taps][channels][filters_]
    uint16_t* turned;  // [filters_][length_]
  };

  size_t RowsOf(const PackedBand& one) const {
    const size_t row = (channels_.padded() * one.phases() + filters_) * one.pitch() * sizeof(uint16_t);
    return HWY_MIN(c_.y.output, HWY_MAX(size_t{1}, kTileGradientBytes / row));
  }

  size_t terms() const { return c_.group_channels() * c_.taps(); }
  size_t inputs() const { return channels_.padded() * plane_; }
  size_t deltas() const { return length_ / 2 * filters_; }
  size_t sums() const { return c_.taps() * channels_.padded() * filters_; }

  // Bands differ in what is there of their rows.
  void Clear(const Room& room) const {
    std::fill_n(room.inputs, inputs(), uint16_t{0});
    std::fill_n(room.turned, filters_ * length_, uint16_t{0});
  }

  // to[length_ / 2][filters_]: rows of deltas lie as far apart as those of packed inputs, with zeros behind them.
  void PackDeltas(const float* from, size_t q, const Room& room, uint32_t* to, float* biases) const {
    const size_t width = c_.x.output, pitch = band_.pitch(), rows = HWY_MIN(rows_, c_.y.output - q);
    from += q * width;
    for (size_t f = 0; f < c_.group_filters(); ++f, from += c_.output_plane()) {
      uint16_t* turned = room.turned + f * length_;
      for (size_t r = 0; r < rows; ++r) PackNumbers<Rounder>(from + r * width, width, turned + r * pitch);
      biases[f] += SumOf(reinterpret_cast<const uint32_t*>(turned), length_ / 2);
    }
    TransposeRows(reinterpret_cast<const float*>(room.turned), length_ / 2, filters_, length_ / 2,
                  reinterpret_cast<float*>(to), filters_);
  }

  // Σ of the numbers of n pairs, a multiple of kTilePairs
  static float SumOf(const uint32_t* pairs, size_t n) {
    const Tag<float> d;
    const PairTag du;
    auto earlier = hn::Zero(d), later = hn::Zero(d);
    for (size_t i = 0; i < n; i += hn::Lanes(d)) {
      const auto both = hn::LoadU(du, pairs + i);
      earlier = hn::Add(earlier, hn::BitCast(d, hn::ShiftLeft<16>(both)));
      later = hn::Add(later, hn::BitCast(d, hn::And(both, hn::Set(du, 0xFFFF0000u))));
    }
    return hn::GetLane(hn::SumOfLanes(d, hn::Add(earlier, later)));
  }

  // sums += Σ over images and pixels of inputs · deltas
  void AddProducts(Tiles& tiles, size_t images, const Room& room) const {
    for (size_t c = 0; c < channels_.steps; c += 2) {
      for (size_t f = 0; f < filters_; f += 2 * kTileColumns) {
        const bool low = c + 1 < channels_.steps, wide = f + kTileColumns < filters_;
        for (size_t t = 0; t < offsets_.size(); ++t) {
          Room here = room;
          here.inputs += c * channels_.pairs * plane_ + offsets_[t];
          here.deltas += f;
          here.sums += (t * channels_.padded() + c * channels_.pairs) * filters_ + f;
          if (low && wide) {
            Add<true, true>(tiles, images, here);
          } else if (low) {
            Add<true, false>(tiles, images, here);
          } else if (wide) {
            Add<false, true>(tiles, images, here);
          } else {
            Add<false, false>(tiles, images, here);
          }
        }
      }
    }
  }

  // One tile of channels, or two (kLow), and one of filters, or two (kWide).
  template <bool kLow, bool kWide>
  void Add(Tiles& tiles, size_t images, const Room& room) const {
    const size_t sums_pitch = filters_ * sizeof(float), left_pitch = plane_ * sizeof(uint16_t);
    const size_t right_pitch = filters_ * sizeof(uint32_t);
    float* lower = room.sums + channels_.pairs * filters_;
    TileSums<kLow, kWide, Tiles> block{tiles};
    block.Load(room.sums, lower, kTileColumns, sums_pitch);
    for (size_t j = 0; j < images; ++j) {
      const uint16_t* left = room.inputs + j * inputs();
      const uint32_t* right = room.deltas + j * deltas();
      for (size_t at = 0; at < length_; at += kTerms, left += kTerms, right += kTilePairs * filters_) {
        block.Add(left, left + channels_.pairs * plane_, left_pitch, right, right + kTileColumns, right_pitch);
      }
    }
    block.Store(room.sums, lower, kTileColumns, sums_pitch);
  }

  // The weights of a group: [terms × filters] or [filters × terms].
  void Finish(const float* sums, float* to) const {
    const size_t filters = c_.group_filters(), taps = c_.taps();
    const bool along_filters = RunsAlongFilters<float>(c_);
    for (size_t t = 0; t < taps; ++t) {
      for (size_t c = 0; c < c_.group_channels(); ++c) {
        const float* from = sums + (t * channels_.padded() + c) * filters_;
        const size_t k = c * taps + t;
        for (size_t f = 0; f < filters; ++f) to[along_filters ? k * filters + f : f * terms() + k] = from[f];
      }
    }
  }

  const Convolution c_;
  const AxisPass y_, x_;
  const PairSteps channels_;  // of a group, as rows of tiles: `steps` tiles of `pairs` rows
  const size_t filters_;      // of a group, with those that fill the last tile
  const size_t rows_;         // of results in a band
  const PackedBand band_;
  const size_t length_;  // pixels of a band with what lies between its rows
  size_t plane_;         // numbers from one channel's packed inputs to the next one's
  size_t images_;        // that are summed in one go
  std::vector<size_t> offsets_;
};

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
