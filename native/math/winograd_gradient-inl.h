// The gradient of 3×3 kernels by Winograd's minimal filtering (math/winograd-inl.h), with 16 multiplications for tiles
// of 2×2 deltas instead of 36: Gᵀ [Σ over tiles of (A e Aᵀ) ⊙ (Bᵀ d B)] G for inputs d and deltas e, the derivative of
// what the forward pass computes. For float only, as that is.

#if defined(BLASNET_MATH_WINOGRAD_GRADIENT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_MATH_WINOGRAD_GRADIENT_INL_H_
#undef BLASNET_MATH_WINOGRAD_GRADIENT_INL_H_
#else
#define BLASNET_MATH_WINOGRAD_GRADIENT_INL_H_
#endif

#include "math/pixel_products-inl.h"
#include "math/transpose-inl.h"
#include "math/winograd_tiles-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// Transformed kernels of a group may take so many bytes: each image goes through all of them.
inline constexpr size_t kGradientBytes = 4 << 20;
// Tiles that are summed in one go at least, where there are so many, since sums are loaded and stored each time.
inline constexpr size_t kGradientTiles = 64;
// Results along an axis at least: fewer leave tiles half empty.
inline constexpr size_t kGradientSide = 4;

inline bool FitsWinogradGradient(const Convolution& c) {
  return FitsWinograd(c) && c.group_filters() % hn::Lanes(Tag<float>()) == 0 &&
         HWY_MIN(c.y.output, c.x.output) >= kGradientSide &&
         kTileNumbers * c.group_channels() * c.group_filters() * sizeof(float) <= kGradientBytes;
}

// A m along one axis
template <class V>
HWY_INLINE void TransformDeltas(V e0, V e1, V* to) {
  to[0] = e0;
  to[1] = hn::Add(e0, e1);
  to[2] = hn::Sub(e0, e1);
  to[3] = hn::Neg(e1);
}

// Gᵀ m along one axis
template <class D, class V = hn::Vec<D>>
HWY_INLINE void TransformSums(D d, V m0, V m1, V m2, V m3, V* to) {
  const V half = hn::Set(d, 0.5f), sum = hn::Mul(half, hn::Add(m1, m2));
  to[0] = hn::Add(m0, sum);
  to[1] = hn::Mul(half, hn::Sub(m1, m2));
  to[2] = hn::Add(sum, m3);
}

class WinogradGradient {
 public:
  explicit WinogradGradient(const Convolution& c)
      : c_(c),
        channels_(c.group_channels()),
        filters_(c.group_filters()),
        tiles_({c.y.input, c.x.input, c.y.output, c.x.output, c.y.pad, c.x.pad, c.groups, channels_, filters_}),
        rows_((c.y.output + 1) / 2),
        columns_((c.x.output + 1) / 2),
        images_(rows_ > tiles_.band() ? 1 : HWY_MAX(size_t{1}, kGradientTiles / (rows_ * columns_))) {
    const size_t lanes = hn::Lanes(Tag<float>());
    // Odd numbers of vectors, as in the forward pass.
    plane_ = ((tiles_.band() * tiles_.row_tiles() + lanes - 1) / lanes | 1) * lanes;
    inputs_distance_ = images_ * channels_ * plane_ + lanes;
    deltas_distance_ = images_ * tiles_.band() * columns_ * filters_ + lanes;
    for (size_t channel = 0; channel < channels_; ++channel) offsets_.push_back(channel * plane_);
  }

  // Each row of parts[p × (weights, biases)] takes the sums over one part of the images; weights of a group are
  // [terms × filters].
  void Run(Context& context, Matrix<const float> x, Matrix<const float> dy, Matrix<float> parts) const {
    const size_t pixels = 2 * tiles_.band() * 2 * columns_ * filters_;
    const size_t numbers = sums() + kTileNumbers * (inputs_distance_ + deltas_distance_) + pixels + tiles_.packed();
    ScratchPieces pieces(context.pool.scratch(), HWY_MIN(parts.rows, context.pool.threads()), numbers * sizeof(float));
    context.pool.ParallelFor(parts.rows, [&](size_t part) {
      const ScratchPieces::Piece piece(pieces);
      auto* sums = reinterpret_cast<float*>(piece.data());
      float* inputs = sums + this->sums();
      float* deltas = inputs + kTileNumbers * inputs_distance_;
      float* turned = deltas + kTileNumbers * deltas_distance_;
      float* rows = turned + pixels;
      float* biases = parts.row(part) + c_.groups * channels_ * c_.taps() * filters_;
      std::fill_n(biases, c_.filters, 0.0f);
      const size_t first = part * x.rows / parts.rows, last = (part + 1) * x.rows / parts.rows;
      for (size_t g = 0; g < c_.groups; ++g) {
        std::fill_n(sums, this->sums(), 0.0f);
        for (size_t i = first; i < last; i += images_) {
          const size_t images = HWY_MIN(images_, last - i);
          for (size_t row = 0; row < rows_; row += tiles_.band()) {
            const size_t count = HWY_MIN(tiles_.band(), rows_ - row);
            std::fill_n(rows, tiles_.packed(), 0.0f);
            for (size_t j = 0; j < images; ++j) {
              const float* image = x.row(i + j) + g * channels_ * c_.input_plane();
              for (size_t c = 0; c < channels_; ++c) {
                tiles_.Transform(image + c * c_.input_plane(), row, count, rows, inputs + (j * channels_ + c) * plane_,
                                 inputs_distance_);
              }
              Turn(dy.row(i + j) + g * filters_ * c_.output_plane(), row, count, turned);
              ToTiles(turned, count, deltas + j * count * columns_ * filters_, biases + g * filters_);
            }
            AddProducts(images, count, inputs, deltas, sums);
          }
        }
        Finish(sums, parts.row(part) + g * channels_ * c_.taps() * filters_);
      }
    });
  }

 private:
  // Numbers of the transformed kernels, [16][channels × filters].
  size_t sums() const { return kTileNumbers * channels_ * filters_; }

  // to[2 · count rows × 2 · columns_][filters] = the deltas of `count` rows of tiles, with zeros behind the last ones
  void Turn(const float* from, size_t row, size_t count, float* to) const {
    const size_t width = c_.x.output, pitch = 2 * columns_ * filters_;
    const size_t valid = HWY_MIN(2 * count, c_.y.output - 2 * row);
    from += 2 * row * width;
    if (width == 2 * columns_) {
      TransposeRows(from, c_.output_plane(), filters_, valid * width, to, filters_);
    } else {
      for (size_t y = 0; y < valid; ++y) {
        TransposeRows(from + y * width, c_.output_plane(), filters_, width, to + y * pitch, filters_);
        std::fill_n(to + y * pitch + width * filters_, filters_, 0.0f);
      }
    }
    std::fill_n(to + valid * pitch, (2 * count - valid) * pitch, 0.0f);
  }

  // to[i · deltas_distance_ + tile · filters + f] = number i of A e Aᵀ; biases[f] += Σ e
  void ToTiles(const float* from, size_t count, float* to, float* biases) const {
    const Tag<float> d;
    using V = hn::Vec<decltype(d)>;
    const size_t lanes = hn::Lanes(d), pitch = 2 * columns_ * filters_;
    for (size_t row = 0; row < count; ++row, from += pitch) {
      for (size_t tile = 0; tile < columns_; ++tile, from += 2 * filters_, to += filters_) {
        for (size_t f = 0; f < filters_; f += lanes) {
          V across[2][4];
          for (size_t y = 0; y < 2; ++y) {
            const float* pixel = from + y * pitch + f;
            TransformDeltas(hn::LoadU(d, pixel), hn::LoadU(d, pixel + filters_), across[y]);
          }
          for (size_t x = 0; x < 4; ++x) {
            V down[4];
            TransformDeltas(across[0][x], across[1][x], down);
            for (size_t y = 0; y < 4; ++y) hn::StoreU(down[y], d, to + (4 * y + x) * deltas_distance_ + f);
            if (x == 1) hn::StoreU(hn::Add(hn::LoadU(d, biases + f), down[1]), d, biases + f);
          }
        }
      }
    }
  }

  // sums[16][channels × filters] += Σ over tiles of inputs · deltas
  void AddProducts(size_t images, size_t count, const float* inputs, const float* deltas, float* sums) const {
    // Rows of tiles without idle ones behind them are one long row.
    const bool dense = tiles_.row_tiles() == columns_;
    for (size_t i = 0; i < kTileNumbers; ++i) {
      const PixelRows<float> pixels{images,
                                    channels_ * plane_,
                                    dense ? 1 : count,
                                    tiles_.row_tiles(),
                                    dense ? count * columns_ : columns_,
                                    filters_,
                                    deltas + i * deltas_distance_,
                                    inputs + i * inputs_distance_};
      PixelProducts(pixels, channels_, offsets_.data(), sums + i * channels_ * filters_);
    }
  }

  // to[channels · 9 × filters] = Gᵀ m G
  void Finish(const float* sums, float* to) const {
    const Tag<float> d;
    using V = hn::Vec<decltype(d)>;
    const size_t distance = channels_ * filters_;
    for (size_t c = 0; c < channels_; ++c) {
      for (size_t f = 0; f < filters_; f += hn::Lanes(d)) {
        V down[4][3];
        for (size_t x = 0; x < 4; ++x) {
          const auto m = [&](size_t y) { return hn::LoadU(d, sums + (4 * y + x) * distance + c * filters_ + f); };
          TransformSums(d, m(0), m(1), m(2), m(3), down[x]);
        }
        for (size_t y = 0; y < 3; ++y) {
          V across[3];
          TransformSums(d, down[0][y], down[1][y], down[2][y], down[3][y], across);
          for (size_t x = 0; x < 3; ++x) hn::StoreU(across[x], d, to + (c * 9 + 3 * y + x) * filters_ + f);
        }
      }
    }
  }

  const Convolution c_;
  const size_t channels_, filters_;  // of one group
  const WinogradTiles tiles_;
  const size_t rows_, columns_;  // of tiles in an image
  const size_t images_;          // that are summed in one go
  size_t plane_;                 // numbers from one channel's transformed inputs to the next one's
  size_t inputs_distance_, deltas_distance_;
  std::vector<size_t> offsets_;
};

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
