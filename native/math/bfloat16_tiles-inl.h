// Blocks of products in bfloat16 by the instruction that multiplies tiles of pairs (AMX). A tile of a left factor has
// 16 rows of 16 pairs, one of a right factor 16 pairs of rows with 16 columns, and 2 × 2 tiles of sums in float32 stay
// in registers. Terms are packed up to whole tiles with zeros.
//
// The instruction adds up the earlier and the later terms of the 16 pairs, and adds both to the sum: its bits follow
// from the terms, since tiles begin at the same ones wherever rows and columns are cut.

#if defined(BLASNET_MATH_BFLOAT16_TILES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_MATH_BFLOAT16_TILES_INL_H_
#undef BLASNET_MATH_BFLOAT16_TILES_INL_H_
#else
#define BLASNET_MATH_BFLOAT16_TILES_INL_H_
#endif

#include "math/bfloat16_pairs-inl.h"
#include "math/tiles.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

inline constexpr size_t kTilePairs = kTileRowBytes / sizeof(uint32_t);
inline constexpr size_t kTileColumns = kTileRowBytes / sizeof(float);

// All tiles are whole.
constexpr TileShapes PairTiles() {
  TileShapes shapes;
  for (size_t tile = 0; tile < 8; ++tile) shapes.Set(tile, kTileRows, kTileRowBytes);
  return shapes;
}
inline constexpr TileShapes kPairTiles = PairTiles();

// Four tiles of sums, 0 to 3: upper left, upper right, lower left and lower right. The lower ones are used where kLow,
// those on the right where kWide.
template <bool kLow, bool kWide, class Tiles>
struct TileSums {
  Tiles& tiles;

  HWY_INLINE void Clear() {
    tiles.template Clear<0>();
    if constexpr (kWide) tiles.template Clear<1>();
    if constexpr (kLow) tiles.template Clear<2>();
    if constexpr (kLow && kWide) tiles.template Clear<3>();
  }
  // upper, lower: the sums of the tiles on the left, in rows of `pitch` bytes; those on the right begin `columns`
  // behind.
  HWY_INLINE void Load(const float* upper, const float* lower, size_t columns, size_t pitch) {
    tiles.template Load<0>(upper, pitch);
    if constexpr (kWide) tiles.template Load<1>(upper + columns, pitch);
    if constexpr (kLow) tiles.template Load<2>(lower, pitch);
    if constexpr (kLow && kWide) tiles.template Load<3>(lower + columns, pitch);
  }
  HWY_INLINE void Store(float* upper, float* lower, size_t columns, size_t pitch) {
    tiles.template Store<0>(upper, pitch);
    if constexpr (kWide) tiles.template Store<1>(upper + columns, pitch);
    if constexpr (kLow) tiles.template Store<2>(lower, pitch);
    if constexpr (kLow && kWide) tiles.template Store<3>(lower + columns, pitch);
  }
  // Adds the products of two tiles of a left factor, one below the other, and two of a right factor side by side.
  HWY_INLINE void Add(const void* upper, const void* lower, size_t left_pitch, const void* left, const void* right,
                      size_t right_pitch) {
    tiles.template Load<6>(left, right_pitch);
    tiles.template Load<4>(upper, left_pitch);
    tiles.template AddPairs<0, 4, 6>();
    if constexpr (kWide) {
      tiles.template Load<7>(right, right_pitch);
      tiles.template AddPairs<1, 4, 7>();
    }
    if constexpr (kLow) {
      tiles.template Load<5>(lower, left_pitch);
      tiles.template AddPairs<2, 5, 6>();
    }
    if constexpr (kLow && kWide) tiles.template AddPairs<3, 5, 7>();
  }
};

// Blocks of kRows rows and kPairColumns columns, by Tiles: AmxTiles or what stands in for them. The left factor lies in
// tiles, [tiles along the terms][kRows][kTilePairs], which the rows of a block share.
template <class Tiles, class RounderOfBlocks>
class TileBlocks {
 public:
  using Rounder = RounderOfBlocks;
  static constexpr size_t kRows = 2 * kTileRows;
  static_assert(kPairColumns == 2 * kTileColumns);

  static size_t PairsOf(size_t k) { return ((k + 1) / 2 + kTilePairs - 1) / kTilePairs * kTilePairs; }

  static HWY_INLINE void PackLeft(const float* data, size_t across, size_t along, size_t k, size_t count, uint32_t*,
                                  uint32_t* to) {
    for (size_t term = 0; term < k; term += 2 * kTilePairs, data += 2 * kTilePairs * along) {
      const size_t terms = HWY_MIN(2 * kTilePairs, k - term);
      for (size_t half = 0; half < 2; ++half, to += kTileRows * kTilePairs) {
        const size_t first = HWY_MIN(half * kTileRows, count), rows = HWY_MIN(kTileRows, count - first);
        const float* from = data + first * across;
        if (rows < kTileRows || terms < 2 * kTilePairs) std::fill_n(to, kTileRows * kTilePairs, 0u);
        if (across != 1) {
          for (size_t r = 0; r < rows; ++r) PackRow<Rounder>(from + r * across, terms, to + r * kTilePairs);
        } else if (rows > 0) {
          HWY_ALIGN uint32_t turned[kTilePairs * kTileRows] = {};
          PackPairsOfRows<Rounder>(from, along, terms, rows, turned, kTileRows);
          TransposeRows(reinterpret_cast<const float*>(turned), kTileRows, kTilePairs, kTileRows,
                        reinterpret_cast<float*>(to), kTilePairs);
        }
      }
    }
  }

  HWY_INLINE void Run(size_t rows, size_t width, size_t pairs, const uint32_t* left, const uint32_t* right,
                      PairStart start, float* to, size_t to_row) {
    const bool low = rows > kTileRows, wide = width > kTileColumns;
    HWY_ALIGN float sums[kRows * kPairColumns];
    if (low && wide) {
      Sum<true, true>(pairs, left, right, sums);
    } else if (low) {
      Sum<true, false>(pairs, left, right, sums);
    } else if (wide) {
      Sum<false, true>(pairs, left, right, sums);
    } else {
      Sum<false, false>(pairs, left, right, sums);
    }
    const Tag<float> d;
    for (size_t r = 0; r < rows; ++r) {
      for (size_t j = 0; j < width; j += kPairLanes) {
        StoreSums(hn::Load(d, sums + r * kPairColumns + j), start, r * start.row + j, HWY_MIN(kPairLanes, width - j),
                  to + r * to_row + j);
      }
    }
  }

 private:
  // sums[kRows][kPairColumns] of 16 rows, or 32 (kLow), and 16 columns, or 32 (kWide).
  template <bool kLow, bool kWide>
  HWY_INLINE void Sum(size_t pairs, const uint32_t* left, const uint32_t* right, float* sums) {
    constexpr size_t kPitch = kPairColumns * sizeof(uint32_t);
    TileSums<kLow, kWide, Tiles> block{tiles_};
    block.Clear();
    for (size_t i = 0; i < pairs; i += kTilePairs, left += kRows * kTilePairs, right += kTilePairs * kPairColumns) {
      block.Add(left, left + kTileRows * kTilePairs, kTileRowBytes, right, right + kTileColumns, kPitch);
    }
    block.Store(sums, sums + kTileRows * kPairColumns, kTileColumns, kPitch);
  }

  Tiles tiles_{kPairTiles};
};

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
