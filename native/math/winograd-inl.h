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

#include "math/winograd_kernels-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

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
  explicit Winograd(const WinogradSizes& sizes) : s_(sizes), tiles_(sizes), kernels_(sizes) {}

  void Run(Context& context, size_t images, const float* source, const PassWeights<float>& weights, bool turn,
           const WinogradFinish& finish, float* target) const {
    const size_t lanes = hn::Lanes(Tag<float>());
    const size_t band_tiles = tiles_.band() * tiles_.row_tiles();
    const size_t vectors = (band_tiles + lanes - 1) / lanes, tiles = vectors * lanes;
    // Distances that are odd numbers of vectors: powers of two would lay all streams into the same few cache lines.
    const size_t plane = (vectors | 1) * lanes;
    const size_t inputs_distance = s_.channels * plane + lanes, results_distance = s_.filters * plane + lanes;
    const Scratch::Block shared(context.pool.scratch(), kernels_.size() * sizeof(float) + s_.channels * sizeof(size_t) +
                                                            vectors * sizeof(ResultVector));
    auto* kernels = reinterpret_cast<float*>(shared.data());
    auto* offsets = reinterpret_cast<size_t*>(kernels + kernels_.size());
    auto* list = reinterpret_cast<ResultVector*>(offsets + s_.channels);
    for (size_t c = 0; c < s_.channels; ++c) offsets[c] = c * plane;
    for (size_t v = 0; v < vectors; ++v) list[v] = {v * lanes, v * lanes, lanes, false, {}};
    kernels_.Transform(context, weights, turn, kernels);

    const size_t bands = (s_.tile_rows() + tiles_.band() - 1) / tiles_.band();
    const size_t numbers = tiles_.packed() + kTileNumbers * (inputs_distance + results_distance);
    const size_t products = kTileNumbers * s_.groups * s_.filters * s_.channels * s_.tile_rows() * tiles_.row_tiles();
    const size_t each = bands > 1 ? 1 : HWY_MAX(size_t{1}, kBandProducts / products);
    const size_t works = (images + each - 1) / each * bands;
    ScratchPieces pieces(context.pool.scratch(), HWY_MIN(works, context.pool.threads()), numbers * sizeof(float));
    context.pool.ParallelFor(works, [&](size_t work) {
      const ScratchPieces::Piece piece(pieces);
      auto* rows = reinterpret_cast<float*>(piece.data());
      float* inputs = rows + tiles_.packed();
      float* results = inputs + kTileNumbers * inputs_distance;
      // What is behind a band's last tile stays 0, of no account.
      for (size_t i = 0; i < kTileNumbers * s_.channels; ++i) {
        float* end = inputs + i / s_.channels * inputs_distance + i % s_.channels * plane + band_tiles;
        std::fill_n(end, tiles - band_tiles, 0.0f);
      }
      std::fill_n(rows, tiles_.packed(), 0.0f);
      const size_t band = work % bands, first = work / bands * each;
      for (size_t at = first * s_.groups; at < HWY_MIN(images, first + each) * s_.groups; ++at) {
        const size_t g = at % s_.groups;
        for (size_t c = 0; c < s_.channels; ++c) {
          tiles_.Transform(source + (at * s_.channels + c) * s_.height * s_.width, band * tiles_.band(), tiles_.band(),
                           rows, inputs + c * plane, inputs_distance);
        }
        for (size_t i = 0; i < kTileNumbers; ++i) {
          CorrelateAll(s_.filters, s_.channels, kernels + g * kernels_.group() + i * kernels_.distance(), offsets,
                       inputs + i * inputs_distance, list, vectors, static_cast<const float*>(nullptr),
                       Results<float>{results + i * results_distance, plane, 1, tiles});
        }
        for (size_t f = 0; f < s_.filters; ++f) {
          tiles_.WithLanes([&](auto d) {
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
  // Aᵀ m A + bias and what follows (WinogradFinish), for all tiles of the band, to their places in the target's plane
  template <class D>
  void FromTiles(D d, const float* from, size_t distance, float bias, bool relu, const float* gate, size_t band,
                 float* to) const {
    using V = hn::Vec<D>;
    const size_t lanes = hn::Lanes(d), columns = s_.columns;
    HWY_ALIGN float pairs[2 * hn::MaxLanes(d)] = {};
    const V start = hn::Set(d, bias);
    const size_t first = band * tiles_.band(), last = HWY_MIN(s_.tile_rows(), first + tiles_.band());
    for (size_t row = first; row < last; ++row) {
      for (size_t tile = 0; tile < tiles_.row_tiles(); tile += lanes, from += lanes) {
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
          const size_t width = columns - 2 * tile;              // where it is not
          PrefetchPairs<D>(d, to + place + s_.rows * columns);  // of the next plane
          if (gate != nullptr) {
            PrefetchPairs<D>(d, gate + place + s_.rows * columns);
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
  const WinogradTiles tiles_;
  const WinogradKernels kernels_;
};

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
