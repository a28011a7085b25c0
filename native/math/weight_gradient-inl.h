// The gradient of a convolution's weights and biases, in parts of the batch.

#if defined(BLASNET_MATH_WEIGHT_GRADIENT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_MATH_WEIGHT_GRADIENT_INL_H_
#undef BLASNET_MATH_WEIGHT_GRADIENT_INL_H_
#else
#define BLASNET_MATH_WEIGHT_GRADIENT_INL_H_
#endif

#include "math/part_sums-inl.h"
#include "math/pixel_products-inl.h"
#include "math/plane_dots-inl.h"
#include "math/planes-inl.h"
#include "math/transpose-inl.h"
#include "math/winograd_gradient-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// How images are packed for the sums over their pixels, and how many in one go: `rows` of results of `images` images.
struct GradientTiling {
  bool along_filters;  // whether vectors run along the filters (math/pixel_products-inl.h) or the pixels (plane_dots)
  size_t rows, images;
};

// Where vectors run along the pixels, bytes of one plane over all images that are summed in one go: four planes of
// deltas and one of inputs stay in the first-level cache.
inline constexpr size_t kDotBytes = 4608;
// Where they run along the filters, bytes of packed inputs and deltas, and pixels whose deltas for a block of filters
// stay in the first-level cache.
inline constexpr size_t kPixelBytes = 1 << 20;
inline constexpr size_t kPixels = 128;

template <class T>
bool RunsAlongFilters(const Convolution& c) {
  return c.group_filters() % hn::Lanes(Tag<T>()) == 0;
}

// dw and db as sums of parts[p × (weights, biases)]; the weights of a group are [terms × filters] there where vectors
// run along the filters, [filters × terms] else.
template <class T>
void SumGradientParts(Context& context, const Convolution& c, Matrix<T> parts, Vector<T> dw, Vector<T> db) {
  SumPart(parts, dw.size, db.size, db.data);
  if (!RunsAlongFilters<T>(c)) return SumParts(context, parts, 0, dw.size, dw.data);
  // A vector of filters for each term, spread to their rows.
  const size_t lanes = hn::Lanes(Tag<T>()), filters = c.group_filters(), terms = c.group_channels() * c.taps();
  context.pool.ParallelFor(c.filters / lanes, [&](size_t block) {
    const size_t g = block * lanes / filters, f = block * lanes % filters;
    HWY_ALIGN T sums[hn::MaxLanes(Tag<T>())];
    for (size_t k = 0; k < terms; ++k) {
      SumPart(parts, (g * terms + k) * filters + f, lanes, sums);
      for (size_t i = 0; i < lanes; ++i) dw[(g * filters + f + i) * terms + k] = sums[i];
    }
  });
}

template <class T>
GradientTiling GradientTilingOf(const Convolution& c, const PackedBand& one) {
  const size_t height = c.y.output, width = c.x.output;
  if (RunsAlongFilters<T>(c)) {
    const size_t row = (c.group_channels() * one.phases() * one.pitch() + c.group_filters() * width) * sizeof(T);
    const size_t rows = HWY_MIN(height, HWY_MAX(size_t{1}, kPixelBytes / row));
    return {true, rows, rows < height ? 1 : HWY_MAX(size_t{1}, kPixels / (height * width))};
  }
  const size_t fitting = HWY_MIN(height, HWY_MAX(size_t{1}, kDotBytes / sizeof(T) / one.pitch()));
  const size_t bands = (height + fitting - 1) / fitting, rows = (height + bands - 1) / bands;
  return {false, rows, bands > 1 ? 1 : HWY_MAX(size_t{1}, kDotBytes / sizeof(T) / (rows * one.pitch()))};
}

template <class T>
class WeightGradient {
 public:
  explicit WeightGradient(const Convolution& c)
      : c_(c),
        y_(ForwardPass(c.y)),
        x_(ForwardPass(c.x)),
        tiling_(GradientTilingOf<T>(c, PackedBand{y_, x_, 1})),
        band_{y_, x_, tiling_.rows} {
    const size_t lanes = hn::Lanes(Tag<T>());
    const size_t packed = tiling_.rows * band_.pitch();
    length_ = tiling_.along_filters ? tiling_.rows * c.x.output : (packed + lanes - 1) / lanes * lanes;
    // Vectors along the pixels reach beyond the last row, where deltas are 0: what they read there must be a number.
    slack_ = tiling_.along_filters ? 0 : length_ - packed + x_.reach;
    for (size_t channel = 0; channel < c_.group_channels(); ++channel) {
      for (const Tap& down : y_.targets[0].taps) {
        for (const Tap& across : x_.targets[0].taps) {
          offsets_.push_back(channel * band_.channel() + band_.OffsetOf(down, across));
        }
      }
    }
  }

  // parts[p × (weights, biases)] are the sums over each part of the images; dw and db over all.
  void Run(Context& context, Matrix<const T> x, Matrix<const T> dy, Matrix<T> parts, Vector<T> dw, Vector<T> db) const {
    if constexpr (sizeof(T) == sizeof(float)) {
      if (FitsWinogradGradient(c_)) {
        WinogradGradient(c_).Run(context, x, dy, parts);
        return SumGradientParts(context, c_, parts, dw, db);
      }
    }
    const size_t numbers = tiling_.images * (delta_image() + input_image());
    ScratchPieces pieces(context.pool.scratch(), HWY_MIN(parts.rows, context.pool.threads()), numbers * sizeof(T));
    context.pool.ParallelFor(parts.rows, [&](size_t part) {
      const ScratchPieces::Piece piece(pieces);
      T* deltas = reinterpret_cast<T*>(piece.data());
      T* weights = parts.row(part);
      std::fill_n(weights, parts.cols, T(0));
      const size_t first = part * x.rows / parts.rows, last = (part + 1) * x.rows / parts.rows;
      for (size_t i = first; i < last; i += tiling_.images) {
        for (size_t q = 0; q < c_.y.output; q += tiling_.rows) {
          const Matrix<const T> some_x{x.row(i), HWY_MIN(tiling_.images, last - i), x.cols};
          const Matrix<const T> some_dy{dy.row(i), some_x.rows, dy.cols};
          for (size_t g = 0; g < c_.groups; ++g) AddGroup(some_x, some_dy, q, g, deltas, weights, weights + dw.size);
        }
      }
    });
    SumGradientParts(context, c_, parts, dw, db);
  }

 private:
  size_t terms() const { return c_.group_channels() * c_.taps(); }
  size_t delta_image() const { return c_.group_filters() * length_; }
  size_t input_image() const { return c_.group_channels() * band_.channel() + slack_; }

  // Adds the sums over rows q on of one group's images. Weights of a group: [filters × terms], or [terms × filters]
  // where vectors run along the filters.
  void AddGroup(Matrix<const T> x, Matrix<const T> dy, size_t q, size_t g, T* deltas, T* weights, T* biases) const {
    const size_t filters = c_.group_filters(), rows = HWY_MIN(tiling_.rows, c_.y.output - q);
    T* inputs = deltas + tiling_.images * delta_image();
    T* sums = weights + g * filters * terms();
    for (size_t j = 0; j < x.rows; ++j) {
      const T* from = dy.row(j) + g * filters * c_.output_plane() + q * c_.x.output;
      T* to = deltas + j * filters * (tiling_.along_filters ? rows * c_.x.output : length_);
      if (tiling_.along_filters) {
        TransposeRows(from, c_.output_plane(), filters, rows * c_.x.output, to, filters);
      } else {
        PadDeltas(from, rows, to);
      }
      for (size_t f = 0; f < filters; ++f) {
        biases[g * filters + f] += SumOf(from + f * c_.output_plane(), rows * c_.x.output);
      }
      T* packed = inputs + j * input_image();
      PackBand(band_, q, c_.group_channels(), x.row(j) + g * c_.group_channels() * c_.input_plane(), packed);
      std::fill_n(packed + input_image() - slack_, slack_, T(0));
    }
    if (!tiling_.along_filters) {
      const DotPlanes<T> planes{x.rows, length_, deltas, length_, delta_image(), inputs, input_image()};
      DotAll(planes, filters, terms(), offsets_.data(), sums, terms());
      return;
    }
    const size_t each = x.rows > 1 ? rows : HWY_MAX(size_t{1}, kPixels / c_.x.output);
    for (size_t row = 0; row < rows; row += each) {
      const PixelRows<T> pixels{x.rows,
                                input_image(),
                                HWY_MIN(each, rows - row),
                                band_.pitch(),
                                c_.x.output,
                                filters,
                                deltas + row * c_.x.output * filters,
                                inputs + row * band_.pitch()};
      PixelProducts(pixels, terms(), offsets_.data(), sums);
    }
  }

  // Each filter's plane in rows as far apart as those of the packed inputs, with zeros behind them.
  void PadDeltas(const T* from, size_t rows, T* to) const {
    const size_t width = c_.x.output, pitch = band_.pitch();
    for (size_t f = 0; f < c_.group_filters(); ++f, from += c_.output_plane(), to += length_) {
      for (size_t r = 0; r < rows; ++r) {
        CopyRun(from + r * width, width, to + r * pitch);
        std::fill_n(to + r * pitch + width, pitch - width, T(0));
      }
      std::fill_n(to + rows * pitch, length_ - rows * pitch, T(0));
    }
  }

  const Convolution c_;
  const AxisPass y_, x_;
  const GradientTiling tiling_;
  const PackedBand band_;
  size_t length_;  // numbers of one filter's deltas in one image
  size_t slack_;   // numbers behind an image's packed inputs
  std::vector<size_t> offsets_;
};

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
