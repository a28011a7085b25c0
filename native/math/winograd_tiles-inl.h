// Tiles of 4×4 inputs, two apart, as Winograd's minimal filtering takes them (math/winograd-inl.h): Bᵀ d B.

#if defined(BLASNET_MATH_WINOGRAD_TILES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_MATH_WINOGRAD_TILES_INL_H_
#undef BLASNET_MATH_WINOGRAD_TILES_INL_H_
#else
#define BLASNET_MATH_WINOGRAD_TILES_INL_H_
#endif

#include <algorithm>

#include "math/windows.h"
#include "math/runs-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// Floats in a line of the cache.
inline constexpr size_t kLine = 16;
// Numbers of a transformed tile.
inline constexpr size_t kTileNumbers = 16;
// Transformed inputs and results of a band of tiles take about so much, so that they stay in the second-level cache
// beside the kernels.
inline constexpr size_t kWinogradBytes = 384 << 10;
// Transforming tiles pays where so many products share each.
inline constexpr size_t kWinogradChannels = 16;

// A convolution by 3×3 kernels of stride 1, forward or backward, as inputs padded at the top and at the left.
struct WinogradSizes {
  size_t height, width;              // of the source
  size_t rows, columns;              // of the results
  size_t top, left;                  // padding
  size_t groups, channels, filters;  // of one group

  size_t tile_rows() const { return (rows + 1) / 2; }
  size_t tile_columns() const { return (columns + 1) / 2; }
};

inline bool FitsWinograd(const Convolution& c) {
  const auto fits = [](const Axis& axis) {
    return axis.kernel == 3 && axis.stride == 1 && axis.dilation == 1 && axis.pad <= 2;
  };
  return fits(c.y) && fits(c.x) && HWY_MIN(c.group_channels(), c.group_filters()) >= kWinogradChannels;
}

// Bᵀ d along one axis
template <class V>
HWY_INLINE void TransformInputs(V d0, V d1, V d2, V d3, V* to) {
  to[0] = hn::Sub(d0, d2);
  to[1] = hn::Add(d1, d2);
  to[2] = hn::Sub(d2, d1);
  to[3] = hn::Sub(d1, d3);
}

class WinogradTiles {
 public:
  explicit WinogradTiles(const WinogradSizes& sizes) : s_(sizes) {
    // Tiles of a row are transformed by the longest vectors that leave no more of them idle than shorter ones do.
    const size_t most = hn::Lanes(Tag<float>());
    const auto rounded = [&](size_t lanes) { return (s_.tile_columns() + lanes - 1) / lanes * lanes; };
    lanes_ = most;
    for (size_t lanes = most / 2; lanes >= 4; lanes /= 2) {
      if (rounded(lanes) < rounded(lanes_)) lanes_ = lanes;
    }
    row_tiles_ = rounded(lanes_);
    pitch_ = row_tiles_ + most;
    const size_t row_bytes = kTileNumbers * (s_.channels + s_.filters) * row_tiles_ * sizeof(float);
    const size_t bands = HWY_MAX(size_t{1}, s_.tile_rows() * row_bytes / kWinogradBytes);
    band_ = (s_.tile_rows() + bands - 1) / bands;
  }

  // Of a row, in whole vectors.
  size_t row_tiles() const { return row_tiles_; }
  // Rows of tiles in a band.
  size_t band() const { return band_; }
  // Numbers of one channel's rows as packed for a band.
  size_t packed() const { return (2 * band_ + 2) * 2 * pitch_; }

  // to[i · distance + tile] = number i of Bᵀ d B, for all tiles of `count` rows from row `first` on. rows: scratch of
  // packed() numbers, zeros before the first call for these rows of tiles; calls for other planes leave them right
  void Transform(const float* from, size_t first, size_t count, float* rows, float* to, size_t distance) const {
    PackRows(from, first, count, rows);
    WithLanes([&](auto d) { ToTiles(d, rows, count, to, distance); });
  }

  // Calls f with the tag of the vectors that transform tiles.
  template <size_t kLanes = hn::MaxLanes(Tag<float>()), class F>
  void WithLanes(const F& f) const {
    if constexpr (kLanes > 4) {
      if (lanes_ < kLanes) return WithLanes<kLanes / 2>(f);
    }
    f(hn::CappedTag<float, kLanes>());
  }

 private:
  // The padded rows that `count` rows of tiles read from row `first` on, each as its even columns and its odd ones;
  // the padding, which is zero, is not written.
  void PackRows(const float* from, size_t first, size_t count, float* to) const {
    for (size_t i = 0; i < 2 * count + 2; ++i, to += 2 * pitch_) {
      const size_t y = 2 * first + i - s_.top;  // wraps around above the source
      if (y >= s_.height) continue;
      const float* row = from + y * s_.width;
      // Planes often begin on a page of their own, where the hardware does not know yet what will be read.
      for (size_t x = 0; x < s_.width; x += kLine) hwy::Prefetch(row + s_.height * s_.width + x);
      // Columns that some tile reads: those behind would be written beyond the packed row.
      const size_t width = HWY_MIN(s_.width, s_.columns + 2 - s_.left);
      size_t x = 0;
      if (s_.left % 2 == 1) to[pitch_ + s_.left / 2] = row[x++];
      float* even = to + (s_.left + 1) / 2;
      float* odd = even + pitch_;
      const size_t pairs = (width - x) / 2;
      Cover<float>(pairs, [&](auto d, size_t p) {
        hn::Vec<decltype(d)> a, b;
        LoadPairs(d, row + x + 2 * p, a, b);
        hn::StoreU(a, d, even + p);
        hn::StoreU(b, d, odd + p);
      });
      if (x + 2 * pairs < width) even[pairs] = row[width - 1];
    }
  }

  // to[i · distance + tile] = number i of Bᵀ d B, for all tiles of `count` rows
  template <class D>
  void ToTiles(D d, const float* rows, size_t count, float* to, size_t distance) const {
    using V = hn::Vec<D>;
    const size_t lanes = hn::Lanes(d);
    for (size_t row = 0; row < count; ++row, rows += 4 * pitch_) {
      for (size_t tile = 0; tile < row_tiles_; tile += lanes, to += lanes) {
        V across[4][4];  // of each row
        for (size_t y = 0; y < 4; ++y) {
          const float* even = rows + y * 2 * pitch_ + tile;
          const float* odd = even + pitch_;
          TransformInputs(hn::LoadU(d, even), hn::LoadU(d, odd), hn::LoadU(d, even + 1), hn::LoadU(d, odd + 1),
                          across[y]);
        }
        for (size_t x = 0; x < 4; ++x) {
          V down[4];
          TransformInputs(across[0][x], across[1][x], across[2][x], across[3][x], down);
          for (size_t y = 0; y < 4; ++y) hn::StoreU(down[y], d, to + (4 * y + x) * distance);
        }
      }
    }
  }

  const WinogradSizes s_;
  size_t lanes_;      // of the vectors that transform tiles
  size_t row_tiles_;  // see row_tiles()
  size_t pitch_;      // from a packed row's even columns to its odd ones
  size_t band_;       // see band()
};

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
