// Images of bytes on their way to a batch: normalised channel by channel and, for training, shifted and mirrored at
// random. A row is one image, plane by plane: channels × height × width.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "data/images.cc"
#include "math/foreach_target.h"
//
#include <algorithm>

#include "core/philox.h"
#include "data/batch_rows.h"
#include "data/byte_division-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// What becomes of the bytes of one channel. No two of the operations can be fused into one that rounds differently, so
// that the bits are the same wherever a pixel stands, on any CPU and in TypeScript.
template <class T>
struct Scaling {
  T divisor, mean, factor;
  T operator()(uint8_t byte) const { return (static_cast<T>(byte) / divisor - mean) * factor; }
};

// to[j] = scaling(from[j]), or of from[n − 1 − j] where kMirrored
template <bool kMirrored, class T>
HWY_INLINE void ScaleSingly(const uint8_t* HWY_RESTRICT from, size_t n, const Scaling<T>& scaling, T* HWY_RESTRICT to) {
  for (size_t j = 0; j < n; ++j) to[j] = scaling(from[kMirrored ? n - 1 - j : j]);
}

template <bool kMirrored>
HWY_INLINE void Scale(const uint8_t* from, size_t n, const Scaling<double>& scaling, double* to) {
  ScaleSingly<kMirrored>(from, n, scaling, to);
}

template <bool kMirrored>
HWY_INLINE void Scale(const uint8_t* HWY_RESTRICT from, size_t n, const Scaling<float>& scaling,
                      float* HWY_RESTRICT to) {
  const Tag<float> d;
  const size_t lanes = hn::Lanes(d);
  if (n < lanes) return ScaleSingly<kMirrored>(from, n, scaling, to);
  const ByteDivision divide(scaling.divisor);
  const auto mean = hn::Set(d, scaling.mean), factor = hn::Set(d, scaling.factor);
  const auto scale_from = [&](size_t i) {
    const auto scaled = hn::Mul(hn::Sub(divide(d, LoadBytes(d, from + i)), mean), factor);
    if constexpr (kMirrored) {
      hn::StoreU(hn::Reverse(d, scaled), d, to + (n - lanes - i));
    } else {
      hn::StoreU(scaled, d, to + i);
    }
  };
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) scale_from(i);
  if (i < n) scale_from(n - lanes);  // some numbers again: lines are short, and single ones would cost more
}

// What is done to one image.
struct Change {
  bool is_mirrored;
  // The pixel at (i, j) is the one that was at (i + down, j + right), or a zero byte where there was none; mirroring
  // comes after that.
  ptrdiff_t down, right;
};

// Image i of a batch takes block i of the sequence: a word for the mirror, one for each offset.
inline Change Draw(const Philox& random, size_t i, bool flip, size_t padding) {
  const Philox::Block words = random(static_cast<uint32_t>(i));
  const auto offset = [padding](uint32_t word) {
    return static_cast<ptrdiff_t>((uint64_t{word} * (2 * padding + 1)) >> 32) - static_cast<ptrdiff_t>(padding);
  };
  return {flip && (words[0] >> 31) != 0, offset(words[1]), offset(words[2])};
}

// to[width] = a line of a plane, shifted to the left by `right` and then mirrored
template <class T>
HWY_INLINE void ChangeLine(const uint8_t* from, size_t width, const Change& change, const Scaling<T>& scaling, T* to) {
  const size_t gap = std::min(width, static_cast<size_t>(std::abs(change.right))), kept = width - gap;
  const bool is_gap_first = (change.right < 0) != change.is_mirrored;
  std::fill_n(to + (is_gap_first ? 0 : kept), gap, scaling(0));
  const uint8_t* first = from + (change.right > 0 ? gap : 0);
  T* begin = to + (is_gap_first ? gap : 0);
  change.is_mirrored ? Scale<true>(first, kept, scaling, begin) : Scale<false>(first, kept, scaling, begin);
}

// The channels of a batch of images, after the checks that both kernels share.
template <class T>
class Channels {
 public:
  Channels(double divisor, Vector<const double> mean, Vector<const double> factor, size_t source_cols, size_t cols)
      : divisor_(divisor), mean_(mean), factor_(factor) {
    CheckEqual("x's width", source_cols, cols);
    CheckEqual("factor's length", mean.size, factor.size);
    Check(mean.size > 0 && cols % mean.size == 0, "Expected rows with a plane for each channel");
    plane = cols / mean.size;
  }
  size_t count() const { return mean_.size; }
  Scaling<T> operator[](size_t c) const {
    return {static_cast<T>(divisor_), static_cast<T>(mean_[c]), static_cast<T>(factor_[c])};
  }

  size_t plane;  // pixels

 private:
  double divisor_;
  Vector<const double> mean_, factor_;
};

// Calls body(i) for each of the rows, several to a tile.
template <class Body>
void ParallelRows(Context& context, size_t rows, size_t cols, const Body& body) {
  const size_t share = std::max<size_t>(1, kMapTile / std::max<size_t>(1, cols));
  context.pool.ParallelFor((rows + share - 1) / share, [&](size_t tile) {
    const size_t end = std::min(rows, (tile + 1) * share);
    for (size_t i = tile * share; i < end; ++i) body(i);
  });
}

// x[m×n] = (byte / divisor − mean[c]) · factor[c] of the source rows order[first_row…]; an empty order is that of the
// rows themselves. mean[channels], factor[channels]
template <class T>
void GatherImages(Context& context, Matrix<const uint8_t> source, Vector<const int32_t> order, double first_row,
                  double divisor, Vector<const double> mean, Vector<const double> factor, Matrix<T> x) {
  const Channels<T> channels(divisor, mean, factor, source.cols, x.cols);
  const BatchRows rows(order, first_row, x.rows, source.rows);
  const size_t plane = channels.plane;
  ParallelRows(context, x.rows, x.cols, [&](size_t i) {
    for (size_t c = 0; c < channels.count(); ++c) {
      Scale<false>(source.row(rows[i]) + c * plane, plane, channels[c], x.row(i) + c * plane);
    }
  });
}

// The same of images that are cut out at random from themselves with `padding` zero bytes on each side and, with flip,
// mirrored with probability 1/2: as PyTorch's RandomCrop and RandomHorizontalFlip. Offsets and mirrors are a function
// of seed, stream, step and the row in the batch alone.
template <class T>
void AugmentImages(Context& context, Matrix<const uint8_t> source, Vector<const int32_t> order, double first_row,
                   double divisor, Vector<const double> mean, Vector<const double> factor, double width, double flip,
                   double padding, double seed, double stream, double step, Matrix<T> x) {
  const Channels<T> channels(divisor, mean, factor, source.cols, x.cols);
  const BatchRows rows(order, first_row, x.rows, source.rows);
  const size_t plane = channels.plane, line = CounterOf(width), pad = CounterOf(padding);
  Check(line > 0 && plane % line == 0, "Expected planes of whole lines");
  Check(pad < size_t{1} << 20, "Expected less padding");
  Check(x.rows <= size_t{1} << 32, "Expected fewer images than a random sequence has blocks");
  const Philox random(CounterOf(seed), static_cast<uint32_t>(CounterOf(stream)), CounterOf(step));
  const auto height = static_cast<ptrdiff_t>(plane / line);
  ParallelRows(context, x.rows, x.cols, [&](size_t i) {
    const Change change = Draw(random, i, flip != 0, pad);
    for (size_t c = 0; c < channels.count(); ++c) {
      const Scaling<T> scaling = channels[c];
      const uint8_t* from = source.row(rows[i]) + c * plane;
      T* to = x.row(i) + c * plane;
      for (ptrdiff_t y = 0; y < height; ++y, to += line) {
        const ptrdiff_t at = y + change.down;
        if (at < 0 || at >= height) {
          std::fill_n(to, line, scaling(0));
        } else {
          ChangeLine(from + static_cast<size_t>(at) * line, line, change, scaling, to);
        }
      }
    }
  });
}

BLASNET_KERNELS(Images) {
  registry
      .Add<&GatherImages<float>, &GatherImages<double>>(
          "gather_images", {"source", "order", "firstRow", "divisor", "mean", "factor", "x"})
      .ReadsSomeRows({"source", "order"});
  registry
      .Add<&AugmentImages<float>, &AugmentImages<double>>(
          "augment_images", {"source", "order", "firstRow", "divisor", "mean", "factor", "width", "flip", "padding",
                             "seed", "stream", "step", "x"})
      .ReadsSomeRows({"source", "order"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(Images)
#endif
