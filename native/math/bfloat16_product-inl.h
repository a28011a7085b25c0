// Products in bfloat16 by the CPU's instructions, which multiply pairs of neighbouring terms and add them to a float32
// sum: factors are packed as pairs, the left one in blocks of rows, the right one in panels of columns. The bits of a
// sum follow from its terms, wherever tiles of the pool begin.

#if defined(BLASNET_MATH_BFLOAT16_PRODUCT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_MATH_BFLOAT16_PRODUCT_INL_H_
#undef BLASNET_MATH_BFLOAT16_PRODUCT_INL_H_
#else
#define BLASNET_MATH_BFLOAT16_PRODUCT_INL_H_
#endif

#include "core/rules.h"
#include "math/bfloat16.h"
#include "math/bfloat16_tiles-inl.h"
#include "math/bfloat16_vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// A product of fewer multiplications is faster in float32.
inline constexpr size_t kLeastPairProduct = 1 << 15;

// y[m×n] = start + a[m×k] · b[k×n] with the factors rounded to bfloat16, by blocks that Blocks computes.
template <class Blocks>
inline void PairProductBy(Context& context, size_t m, size_t n, size_t k, PairFactor a, PairFactor b, PairStart start,
                          float* y) {
  constexpr size_t kRows = Blocks::kRows;
  const size_t pairs = Blocks::PairsOf(k), packed = (k + 1) / 2, blocks = (m + kRows - 1) / kRows;
  const size_t panels = (n + kPairColumns - 1) / kPairColumns;
  const size_t block_size = pairs * kRows, panel_size = pairs * kPairColumns;
  const Scratch::Block left_block(context.pool.scratch(), blocks * block_size * sizeof(uint32_t));
  uint32_t* left = reinterpret_cast<uint32_t*>(left_block.data());
  constexpr size_t kMostTiles = 8, kTileProduct = 1 << 21, kTileNumbers = 1 << 15;
  const size_t wanted = HWY_MAX(1, HWY_MIN(kMostTiles, m * n * k / kTileProduct));
  // Tiles of few columns take all rows, so that no panel is packed twice; where columns are few, rows are cut.
  const size_t across = HWY_MIN(wanted, panels), down = HWY_MIN(HWY_MAX(1, wanted / across), blocks);
  // Rows of a left factor that the second-level cache does not hold are multiplied in parts, with panels that are kept.
  const size_t most = HWY_MAX(1, kRules.near_bytes / (block_size * sizeof(uint32_t)));
  const bool keeps = (blocks + down - 1) / down > most;
  const size_t kept = keeps ? (panels + across - 1) / across : 1;
  ScratchPieces pieces(context.pool.scratch(), kMostTiles, (kept + 1) * panel_size * sizeof(uint32_t));
  const size_t some = HWY_MAX(1, kTileNumbers / HWY_MAX(1, k * kRows));
  context.pool.ParallelFor((blocks + some - 1) / some, [&](size_t tile) {
    const ScratchPieces::Piece piece(pieces);
    for (size_t i = tile * some; i < HWY_MIN(blocks, (tile + 1) * some); ++i) {
      const size_t first = i * kRows;
      Blocks::PackLeft(a.data + first * a.row, a.row, a.col, k, HWY_MIN(kRows, m - first),
                       reinterpret_cast<uint32_t*>(piece.data()), left + i * block_size);
    }
  });
  context.pool.ParallelFor(across * down, [&](size_t tile) {
    const ScratchPieces::Piece piece(pieces);
    Blocks own_blocks;
    uint32_t* panels_of_tile = reinterpret_cast<uint32_t*>(piece.data());
    uint32_t* rows = panels_of_tile + kept * panel_size;
    const size_t part = tile / across, column = tile % across;
    const size_t first_panel = column * panels / across, last_panel = (column + 1) * panels / across;
    const size_t first_block = part * blocks / down, last_block = (part + 1) * blocks / down;
    for (size_t from = first_block; from < last_block; from += most) {
      for (size_t p = first_panel; p < last_panel; ++p) {
        const size_t j = p * kPairColumns, width = HWY_MIN(kPairColumns, n - j);
        uint32_t* right = panels_of_tile + (keeps ? p - first_panel : 0) * panel_size;
        if (from == first_block) {
          PackPairs<typename Blocks::Rounder>(b.data + j * b.col, b.col, b.row, k, width, rows, right, kPairColumns);
          std::fill_n(right + packed * kPairColumns, (pairs - packed) * kPairColumns, 0u);
        }
        for (size_t i = from; i < HWY_MIN(last_block, from + most); ++i) {
          const size_t first = i * kRows;
          PairStart own = start;
          if (own.data != nullptr) own.data += first * own.row + j;
          own_blocks.Run(HWY_MIN(kRows, m - first), width, pairs, left + i * block_size, right, own, y + first * n + j,
                         n);
        }
      }
    }
  });
}

inline void PairProduct([[maybe_unused]] Context& context, [[maybe_unused]] size_t m, [[maybe_unused]] size_t n,
                        [[maybe_unused]] size_t k, [[maybe_unused]] PairFactor a, [[maybe_unused]] PairFactor b,
                        [[maybe_unused]] PairStart start, [[maybe_unused]] float* y) {
#if BLASNET_CAN_BFLOAT16
#if BLASNET_CAN_AMX
  if (WayOfBfloat16() == Bfloat16Way::kTiles) {
    return PairProductBy<TileBlocks<AmxTiles, CpuRounder>>(context, m, n, k, a, b, start, y);
  }
#endif
  PairProductBy<VectorBlocks>(context, m, n, k, a, b, start, y);
#else
  throw InvalidArgument("Expected a CPU that multiplies bfloat16 numbers");
#endif
}

// Whether PairProduct computes a product of that size: this CPU can, and it pays.
inline bool HasPairProduct([[maybe_unused]] size_t m, [[maybe_unused]] size_t n, [[maybe_unused]] size_t k) {
#if BLASNET_CAN_BFLOAT16
  return m * n * k >= kLeastPairProduct && WayOfBfloat16() != Bfloat16Way::kFloats;
#else
  return false;
#endif
}

// sums[n] = start + Σ of the rows of x[m×n], rounded to bfloat16, in their order
inline void SumRoundedRows(Matrix<const float> x, PairStart start, float* sums) {
  const Tag<float> d;
  const size_t lanes = hn::Lanes(d);
  const auto rate = hn::Set(d, start.rate);
  for (size_t j = 0; j < x.cols; j += lanes) {
    const size_t count = HWY_MIN(lanes, x.cols - j);
    const auto load = [&](const float* from) {
      return count == lanes ? hn::LoadU(d, from) : LoadFirst(d, from, count);
    };
    auto sum = hn::Zero(d);
    for (size_t i = 0; i < x.rows; ++i) sum = hn::Add(sum, RoundedToBfloat16(d, load(x.row(i) + j)));
    if (start.data != nullptr) {
      const auto before = load(start.data + j);
      sum = start.descends ? hn::NegMulAdd(rate, sum, before) : hn::Add(before, sum);
    }
    if (count == lanes) {
      hn::StoreU(sum, d, sums + j);
    } else {
      StoreFirst(sum, d, sums + j, count);
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
