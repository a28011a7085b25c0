// Convolutions by 3×3 kernels with 16 multiplications for 2×2 results instead of 36: Winograd's minimal filtering, as
// in A. Lavin and S. Gray, "Fast Algorithms for Convolutional Neural Networks", 2015, F(2×2, 3×3). Y = Aᵀ[(G g Gᵀ) ⊙
// (Bᵀ d B)]A for a tile d of 4×4 inputs and a kernel g. For float only: its rounding errors are those of sums a few
// times as large.

#if defined(BLASNET_MATH_WINOGRAD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_MATH_WINOGRAD_INL_H_
#undef BLASNET_MATH_WINOGRAD_INL_H_
#else
#define BLASNET_MATH_WINOGRAD_INL_H_
#endif

#include "math/correlate-inl.h"
#include "math/runs-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

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

// to[16] = G g Gᵀ, to[i] at i · distance. `turn` takes the kernel from its end, as backward passes do.
inline void TransformKernel(const float* g, bool turn, float* to, size_t distance) {
  float rows[4][3];
  for (size_t x = 0; x < 3; ++x) {
    const auto at = [&](size_t y) { return turn ? g[8 - (y * 3 + x)] : g[y * 3 + x]; };
    rows[0][x] = at(0);
    rows[1][x] = 0.5f * (at(0) + at(1) + at(2));
    rows[2][x] = 0.5f * (at(0) - at(1) + at(2));
    rows[3][x] = at(2);
  }
  for (size_t y = 0; y < 4; ++y, to += 4 * distance) {
    to[0] = rows[y][0];
    to[distance] = 0.5f * (rows[y][0] + rows[y][1] + rows[y][2]);
    to[2 * distance] = 0.5f * (rows[y][0] - rows[y][1] + rows[y][2]);
    to[3 * distance] = rows[y][2];
  }
}

// Bᵀ d along one axis
template <class V>
HWY_INLINE void TransformInputs(V d0, V d1, V d2, V d3, V* to) {
  to[0] = hn::Sub(d0, d2);
  to[1] = hn::Add(d1, d2);
  to[2] = hn::Sub(d2, d1);
  to[3] = hn::Sub(d1, d3);
}

// Aᵀ m along one axis
template <class V>
HWY_INLINE void TransformResults(V m0, V m1, V m2, V m3, V* to) {
  to[0] = hn::Add(hn::Add(m0, m1), m2);
  to[1] = hn::Sub(hn::Sub(m1, m2), m3);
}

// What is done to sums before they are stored.
struct WinogradFinish {
  const float* bias = nullptr;  // [filters] to be added
  bool relu = false;            // whether they are rectified then
  const float* gate = nullptr;  // of the target's shape: sums are multiplied by the rectifier's derivative there
};

class Winograd {
 public:
  explicit Winograd(const WinogradSizes& sizes) : s_(sizes) {
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

  void Run(Context& context, size_t images, const float* source, const PassWeights<float>& weights, bool turn,
           const WinogradFinish& finish, float* target) const {
    const size_t lanes = hn::Lanes(Tag<float>());
    const size_t vectors = (band_ * row_tiles_ + lanes - 1) / lanes, tiles = vectors * lanes;
    // Distances that are odd numbers of vectors: powers of two would lay all streams into the same few cache lines.
    const size_t plane = (vectors | 1) * lanes;
    const size_t inputs_distance = s_.channels * plane + lanes, results_distance = s_.filters * plane + lanes;
    const size_t matrix = s_.filters * s_.channels, panels = s_.groups * kTileNumbers * matrix;
    const Scratch::Block shared(context.pool.scratch(),
                                s_.channels * sizeof(size_t) + vectors * sizeof(ResultVector) + panels * sizeof(float));
    auto* offsets = reinterpret_cast<size_t*>(shared.data());
    auto* list = reinterpret_cast<ResultVector*>(offsets + s_.channels);
    auto* kernels = reinterpret_cast<float*>(list + vectors);
    for (size_t c = 0; c < s_.channels; ++c) offsets[c] = c * plane;
    for (size_t v = 0; v < vectors; ++v) list[v] = {v * lanes, v * lanes, lanes, false, {}};
    context.pool.ParallelFor(s_.groups, [&](size_t g) {
      float* to = kernels + g * kTileNumbers * matrix;
      ForFilterBlocks(s_.filters, [&](size_t first, auto block) {
        for (size_t c = 0; c < s_.channels; ++c) {
          for (size_t r = 0; r < block.value; ++r) {
            TransformKernel(weights.data + g * weights.group + (first + r) * weights.filter + c * weights.channel, turn,
                            to + first * s_.channels + c * block.value + r, matrix);
          }
        }
      });
    });

    const size_t bands = (s_.tile_rows() + band_ - 1) / band_;
    const size_t packed = (2 * band_ + 2) * 2 * pitch_;  // one channel's rows, even columns and odd ones
    const size_t numbers = packed + kTileNumbers * (inputs_distance + results_distance);
    const size_t products = kTileNumbers * s_.groups * matrix * s_.tile_rows() * row_tiles_;
    const size_t each = bands > 1 ? 1 : HWY_MAX(size_t{1}, kBandProducts / products);
    const size_t works = (images + each - 1) / each * bands;
    ScratchPieces pieces(context.pool.scratch(), HWY_MIN(works, context.pool.threads()), numbers * sizeof(float));
    context.pool.ParallelFor(works, [&](size_t work) {
      const ScratchPieces::Piece piece(pieces);
      auto* rows = reinterpret_cast<float*>(piece.data());
      float* inputs = rows + packed;
      float* results = inputs + kTileNumbers * inputs_distance;
      // What is behind a band's last tile stays 0, of no account.
      for (size_t i = 0; i < kTileNumbers * s_.channels; ++i) {
        float* end = inputs + i / s_.channels * inputs_distance + i % s_.channels * plane + band_ * row_tiles_;
        std::fill_n(end, tiles - band_ * row_tiles_, 0.0f);
      }
      const size_t band = work % bands, first = work / bands * each;
      for (size_t at = first * s_.groups; at < HWY_MIN(images, first + each) * s_.groups; ++at) {
        const size_t g = at % s_.groups;
        for (size_t c = 0; c < s_.channels; ++c) {
          PackRows(source + (at * s_.channels + c) * s_.height * s_.width, band, rows);
          WithLanes([&](auto d) { ToTiles(d, rows, inputs + c * plane, inputs_distance); });
        }
        for (size_t i = 0; i < kTileNumbers; ++i) {
          CorrelateAll(s_.filters, s_.channels, kernels + (g * kTileNumbers + i) * matrix, offsets,
                       inputs + i * inputs_distance, list, vectors, static_cast<const float*>(nullptr),
                       Results<float>{results + i * results_distance, plane, 1, tiles});
        }
        for (size_t f = 0; f < s_.filters; ++f) {
          WithLanes([&](auto d) {
            const size_t to = (at * s_.filters + f) * s_.rows * s_.columns;
            FromTiles(d, results + f * plane, results_distance,
                      finish.bias == nullptr ? 0 : finish.bias[g * s_.filters + f], finish.relu,
                      finish.gate == nullptr ? nullptr : finish.gate + to, band, target + to);
          });
        }
      }
    });
  }

 private:
  // Calls f with the tag of vectors of lanes_.
  template <size_t kLanes = hn::MaxLanes(Tag<float>()), class F>
  void WithLanes(const F& f) const {
    if constexpr (kLanes > 4) {
      if (lanes_ < kLanes) return WithLanes<kLanes / 2>(f);
    }
    f(hn::CappedTag<float, kLanes>());
  }

  // The padded rows that a band of tiles reads, each as its even columns and its odd ones.
  void PackRows(const float* from, size_t band, float* to) const {
    for (size_t i = 0; i < 2 * band_ + 2; ++i, to += 2 * pitch_) {
      const size_t y = 2 * band * band_ + i - s_.top;  // wraps around above the source
      if (y >= s_.height) {
        std::fill_n(to, 2 * pitch_, 0.0f);
        continue;
      }
      const float* row = from + y * s_.width;
      // Columns that some tile reads: those behind would be written beyond the packed row.
      const size_t width = HWY_MIN(s_.width, s_.columns + 2 - s_.left);
      to[0] = to[pitch_] = 0;
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
      const bool is_odd = x + 2 * pairs < width;
      if (is_odd) even[pairs] = row[width - 1];
      std::fill(even + pairs + is_odd, to + pitch_, 0.0f);
      std::fill(odd + pairs, to + 2 * pitch_, 0.0f);
    }
  }

  // to[i · distance + tile] = number i of Bᵀ d B, for all tiles of the band
  template <class D>
  void ToTiles(D d, const float* rows, float* to, size_t distance) const {
    using V = hn::Vec<D>;
    const size_t lanes = hn::Lanes(d);
    for (size_t row = 0; row < band_; ++row, rows += 4 * pitch_) {
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

  // Aᵀ m A + bias and what follows (WinogradFinish), for all tiles of the band, to their places in the target's plane
  template <class D>
  void FromTiles(D d, const float* from, size_t distance, float bias, bool relu, const float* gate, size_t band,
                 float* to) const {
    using V = hn::Vec<D>;
    const size_t lanes = hn::Lanes(d), columns = s_.columns;
    HWY_ALIGN float pairs[2 * hn::MaxLanes(d)] = {};
    const V start = hn::Set(d, bias);
    for (size_t row = band * band_; row < HWY_MIN(s_.tile_rows(), (band + 1) * band_); ++row) {
      for (size_t tile = 0; tile < row_tiles_; tile += lanes, from += lanes) {
        V down[4][2];
        for (size_t x = 0; x < 4; ++x) {
          const auto m = [&](size_t y) { return hn::LoadU(d, from + (4 * y + x) * distance); };
          TransformResults(m(0), m(1), m(2), m(3), down[x]);
        }
        for (size_t y = 0; y < 2 && 2 * row + y < s_.rows; ++y) {
          V results[2];
          TransformResults(hn::Add(down[0][y], start), down[1][y], down[2][y], down[3][y], results);
          results[1] = hn::Add(results[1], start);
          if (relu) {
            for (V& result : results) result = PositivePart(d, result);
          }
          const size_t place = (2 * row + y) * columns + 2 * tile;
          const bool whole = 2 * (tile + lanes) <= columns;
          const size_t width = columns - 2 * tile;  // where it is not
          if (gate != nullptr) {
            if (!whole) std::copy_n(gate + place, width, pairs);
            V gates[2];
            LoadPairs(d, whole ? gate + place : pairs, gates[0], gates[1]);
            for (size_t i = 0; i < 2; ++i) results[i] = hn::Mul(results[i], ReluSlope(d, gates[i]));
          }
          StorePairs(results[0], results[1], d, whole ? to + place : pairs);
          if (!whole) std::copy_n(pairs, width, to + place);
        }
      }
    }
  }

  const WinogradSizes s_;
  size_t lanes_;      // of the vectors that transform tiles
  size_t row_tiles_;  // of a row, in whole vectors
  size_t pitch_;      // from a packed row's even columns to its odd ones
  size_t band_;       // rows of tiles in a band
};

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
