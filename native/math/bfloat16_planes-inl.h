// Images packed for convolutions by tiles of pairs (AMX): planes as those of float32 (math/planes-inl.h), of pairs of
// two channels' numbers, or of the numbers of one channel each.

#if defined(BLASNET_MATH_BFLOAT16_PLANES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_MATH_BFLOAT16_PLANES_INL_H_
#undef BLASNET_MATH_BFLOAT16_PLANES_INL_H_
#else
#define BLASNET_MATH_BFLOAT16_PLANES_INL_H_
#endif

#include "math/bfloat16_tiles-inl.h"
#include "math/planes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// How the terms along some pairs are cut: `steps` tiles of `pairs` pairs, the last of which may end with zeros.
struct PairSteps {
  explicit PairSteps(size_t all) : steps((all + kTilePairs - 1) / kTilePairs), pairs((all + steps - 1) / steps) {}

  size_t padded() const { return steps * pairs; }

  size_t steps, pairs;
};

// Tiles 0 to 3 hold sums [rows × columns], 4 and 5 rows of `pairs` pairs, 6 and 7 `pairs` pairs of rows.
constexpr TileShapes ShapesOf(size_t rows, size_t pairs, size_t columns) {
  TileShapes shapes;
  for (size_t tile = 0; tile < 4; ++tile) shapes.Set(tile, rows, columns * sizeof(float));
  for (size_t tile = 4; tile < 6; ++tile) shapes.Set(tile, rows, pairs * sizeof(uint32_t));
  for (size_t tile = 6; tile < 8; ++tile) shapes.Set(tile, pairs, columns * sizeof(uint32_t));
  return shapes;
}

// Calls run(channel, from, to, numbers) for each row of the channels 0, step, 2 · step … that a band reads: `numbers`
// of the source, the first `from` numbers behind the channel's first, go to the channel's planes from `to` on. What no
// row covers of the planes is 0.
template <class F>
HWY_INLINE void ForRowsOf(const PackedBand& band, size_t q, size_t channels, size_t step, const F& run) {
  const size_t width = band.x.source.length, pitch = band.pitch();
  size_t plane = 0;
  for (size_t py = 0; py < band.y.source.shifts.size(); ++py) {
    const PackedRun down = RunOf(band.y.source, py, q, band.packed_rows());
    for (size_t px = 0; px < band.x.source.shifts.size(); ++px, plane += band.plane()) {
      const PackedRun across = RunOf(band.x.source, px, band.x.first, pitch);
      for (size_t c = 0; c < channels; c += step) {
        for (size_t i = 0; i < down.valid; ++i) {
          run(c, (down.start + i * down.stride) * width + across.start, plane + (down.zeros + i) * pitch + across.zeros,
              across.valid);
        }
      }
    }
  }
}

// Writes the numbers of two channels each into planes of pairs, which lie `plane` apart. zeros: a row of the source's
// width, for a channel that has no neighbour.
template <class Rounder>
void PackPairPlanes(const PackedBand& band, size_t q, size_t channels, const float* source, const float* zeros,
                    size_t plane, uint32_t* planes) {
  const size_t channel = band.y.source.length * band.x.source.length, stride = band.x.source.stride;
  ForRowsOf(band, q, channels, 2, [&](size_t c, size_t from, size_t to, size_t numbers) {
    const float* HWY_RESTRICT earlier = source + c * channel + from;
    const float* HWY_RESTRICT later = c + 1 < channels ? earlier + channel : zeros;
    uint32_t* HWY_RESTRICT pairs = planes + c / 2 * plane + to;
    if (stride == 1) {
      Cover<float>(numbers, [&](auto d, size_t i) {
        const hn::RebindToUnsigned<decltype(d)> du;
        hn::StoreU(Rounder::Pairs(d, hn::LoadU(d, earlier + i), hn::LoadU(d, later + i)), du, pairs + i);
      });
    } else {
      for (size_t i = 0; i < numbers; ++i) {
        pairs[i] = Bfloat16BitsOf(earlier[i * stride]) | Bfloat16BitsOf(later[i * stride]) << 16;
      }
    }
  });
}

// to[n] = numbers of x, rounded
template <class Rounder>
HWY_INLINE void PackNumbers(const float* HWY_RESTRICT x, size_t n, uint16_t* HWY_RESTRICT to) {
  Cover<float>(n, [&](auto d, size_t i) { Rounder::Store(d, hn::LoadU(d, x + i), to + i); });
}

// Writes the numbers of each channel into planes, which lie `plane` apart.
template <class Rounder>
void PackPlanes(const PackedBand& band, size_t q, size_t channels, const float* source, size_t plane,
                uint16_t* planes) {
  const size_t channel = band.y.source.length * band.x.source.length, stride = band.x.source.stride;
  ForRowsOf(band, q, channels, 1, [&](size_t c, size_t from, size_t to, size_t numbers) {
    const float* row = source + c * channel + from;
    uint16_t* packed = planes + c * plane + to;
    if (stride == 1) {
      PackNumbers<Rounder>(row, numbers, packed);
    } else {
      for (size_t i = 0; i < numbers; ++i) packed[i] = static_cast<uint16_t>(Bfloat16BitsOf(row[i * stride]));
    }
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
