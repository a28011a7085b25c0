// The gradient of a convolution's weights and biases, in parts of the batch.

#if defined(BLASNET_MATH_WEIGHT_GRADIENT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_MATH_WEIGHT_GRADIENT_INL_H_
#undef BLASNET_MATH_WEIGHT_GRADIENT_INL_H_
#else
#define BLASNET_MATH_WEIGHT_GRADIENT_INL_H_
#endif

#include "math/plane_dots-inl.h"
#include "math/planes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// Bytes of one plane over all images that are summed in one go: four of the deltas and one of the inputs stay in the
// first-level cache.
inline constexpr size_t kDotBytes = 8192;

template <class T>
class WeightGradient {
 public:
  explicit WeightGradient(const Convolution& c) : c_(c), y_(ForwardPass(c.y)), x_(ForwardPass(c.x)) {
    const size_t pitch = c.x.output + x_.reach;
    rows_ = HWY_MIN(c.y.output, HWY_MAX(size_t{1}, kDotBytes / sizeof(T) / pitch));
    const size_t bands = (c.y.output + rows_ - 1) / rows_;
    rows_ = (c.y.output + bands - 1) / bands;
    images_ = bands > 1 ? 1 : HWY_MAX(size_t{1}, kDotBytes / sizeof(T) / (rows_ * pitch));
  }

  // parts[p × (weights, biases)] are the sums over each part of the images; dw and db their means over all.
  void Run(Context& context, Matrix<const T> x, Matrix<const T> dy, Matrix<T> parts, Vector<T> dw, Vector<T> db) {
    const PackedBand band{y_, x_, rows_};
    const size_t lanes = hn::Lanes(Tag<T>());
    const size_t terms = c_.group_channels() * c_.taps();
    std::vector<size_t> offsets;
    for (size_t c = 0; c < c_.group_channels(); ++c) {
      for (const Tap& down : y_.targets[0].taps) {
        for (const Tap& across : x_.targets[0].taps)
          offsets.push_back(c * band.channel() + band.OffsetOf(down, across));
      }
    }
    const size_t length = (rows_ * band.pitch() + lanes - 1) / lanes * lanes;
    const size_t delta_image = c_.group_filters() * length, input_image = c_.group_channels() * band.channel();
    // Vectors reach beyond the last row, where deltas are 0: what they read there must be a number.
    const size_t slack = length - rows_ * band.pitch() + x_.reach + lanes;
    ScratchPieces pieces(context.pool.scratch(), HWY_MIN(parts.rows, context.pool.threads()),
                         images_ * (delta_image + input_image + slack) * sizeof(T) + 64);
    context.pool.ParallelFor(parts.rows, [&](size_t part) {
      const ScratchPieces::Piece piece(pieces);
      T* deltas = reinterpret_cast<T*>(piece.data());
      T* inputs = deltas + images_ * delta_image;
      T* weights = parts.row(part);
      T* biases = weights + dw.size;
      std::fill_n(weights, parts.cols, T(0));
      const size_t first = part * x.rows / parts.rows, last = (part + 1) * x.rows / parts.rows;
      for (size_t i = first; i < last; i += images_) {
        const size_t images = HWY_MIN(images_, last - i);
        for (size_t q = 0; q < c_.y.output; q += rows_) {
          for (size_t g = 0; g < c_.groups; ++g) {
            for (size_t j = 0; j < images; ++j) {
              PackDeltas(dy.row(i + j) + g * c_.group_filters() * c_.output_plane(), q, band.pitch(), length,
                         deltas + j * delta_image, biases + g * c_.group_filters());
              T* to = inputs + j * (input_image + slack);
              PackBand(band, q, c_.group_channels(), x.row(i + j) + g * c_.group_channels() * c_.input_plane(), to);
              std::fill_n(to + input_image, slack, T(0));
            }
            const DotPlanes<T> planes{images, length, deltas, length, delta_image, inputs, input_image + slack};
            DotAll(planes, c_.group_filters(), terms, offsets.data(), weights + g * c_.group_filters() * terms, terms);
          }
        }
      }
    });
    SumParts(context, x.rows, parts, dw, db);
  }

 private:
  // Rows q on of each filter's plane, in rows of `pitch` with zeros behind them; adds their sums to the biases.
  void PackDeltas(const T* from, size_t q, size_t pitch, size_t length, T* to, T* biases) const {
    const size_t rows = HWY_MIN(rows_, c_.y.output - q), width = c_.x.output;
    for (size_t f = 0; f < c_.group_filters(); ++f, from += c_.output_plane(), to += length) {
      for (size_t r = 0; r < rows; ++r) {
        CopyRun(from + (q + r) * width, width, to + r * pitch);
        std::fill_n(to + r * pitch + width, pitch - width, T(0));
      }
      std::fill_n(to + rows * pitch, length - rows * pitch, T(0));
      biases[f] += SumOf(from + q * width, rows * width);
    }
  }

  void SumParts(Context& context, size_t images, Matrix<T> parts, Vector<T> dw, Vector<T> db) const {
    const Tag<T> d;
    const T scale = T(1) / static_cast<T>(images);
    const auto add = [&](size_t at, size_t n, T* to) {
      for (size_t p = 0; p < parts.rows; ++p) {
        const bool is_last = p + 1 == parts.rows;
        const auto factor = hn::Set(d, is_last ? scale : T(1));
        const T* from = parts.row(p) + at;
        if (p == 0) {
          Map(
              n, to, [factor](auto, auto v) { return hn::Mul(v, factor); }, from);
        } else {
          Map(
              n, to, [factor](auto, auto v, auto sum) { return hn::Mul(hn::Add(sum, v), factor); }, from,
              static_cast<const T*>(to));
        }
      }
    };
    const size_t tiles = (dw.size + kMapTile - 1) / kMapTile;
    context.pool.ParallelFor(tiles, [&](size_t tile) {
      const size_t at = tile * kMapTile;
      add(at, HWY_MIN(kMapTile, dw.size - at), dw.data + at);
    });
    add(dw.size, db.size, db.data);
  }

  const Convolution c_;
  const AxisPass y_, x_;
  size_t rows_, images_;  // of a band, and in one go
};

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
