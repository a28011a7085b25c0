// Products by the instruction that multiplies pairs of bfloat16 numbers and adds both to a float32 sum (AVX-512 BF16).
//
// Both factors are packed as pairs of neighbouring terms: 32 bits, the earlier term in the lower half. The right one
// lies in panels of kPairColumns columns, [panels][pairs][kPairColumns], the left one in blocks of kPairRows rows,
// [blocks][pairs][kPairRows]. A sum has all its terms in order, wherever tiles begin: its bits follow from the terms.

#if defined(BLASNET_MATH_BFLOAT16_PRODUCT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_MATH_BFLOAT16_PRODUCT_INL_H_
#undef BLASNET_MATH_BFLOAT16_PRODUCT_INL_H_
#else
#define BLASNET_MATH_BFLOAT16_PRODUCT_INL_H_
#endif

#include "math/bfloat16-inl.h"
#include "math/bfloat16.h"
#include "math/transpose-inl.h"

// The instruction is used in assembly, since a function that is compiled for further instructions could not be inlined.
#undef BLASNET_CAN_BFLOAT16
#if HWY_ARCH_X86_64 && HWY_TARGET <= HWY_AVX3 && (HWY_COMPILER_GCC || HWY_COMPILER_CLANG)
#define BLASNET_CAN_BFLOAT16 1
#else
#define BLASNET_CAN_BFLOAT16 0
#endif

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// A factor: element (i, k) is at data[i · row + k · col]; one of the strides is 1.
struct PairFactor {
  const float* data;
  size_t row, col;
};

// The numbers that sums are added to: row r begins at data + r · row, nothing where data is null. A descent takes the
// sums away from it, times a rate.
struct PairStart {
  const float* data = nullptr;
  size_t row = 0;
  bool descends = false;
  float rate = 0;
};

// A product of fewer multiplications is faster in float32.
inline constexpr size_t kLeastPairProduct = 1 << 15;

#if BLASNET_CAN_BFLOAT16

inline constexpr size_t kPairLanes = hn::MaxLanes(Tag<float>());
inline constexpr size_t kPairColumns = 2 * kPairLanes, kPairRows = 12;

using PairTag = Tag<uint32_t>;

// Pairs of the rows k and k + 1 of x, which lie `pitch` apart; zeros for the second where there is none.
HWY_INLINE hn::Vec<PairTag> PairsOfRows(hn::Vec<Tag<float>> earlier, hn::Vec<Tag<float>> later) {
  const Tag<float> d;
  const PairTag du;
  const auto upper = hn::And(RoundedBits(d, later), hn::Set(du, 0xFFFF0000u));
  return hn::Or(hn::ShiftRight<16>(RoundedBits(d, earlier)), upper);
}

// to[pairs][width_of_to] = pairs of the k rows of x, from which `width` columns are taken; zeros behind them
HWY_INLINE void PackPairsOfRows(const float* x, size_t pitch, size_t k, size_t width, uint32_t* HWY_RESTRICT to,
                                size_t to_width) {
  const Tag<float> d;
  const PairTag du;
  for (size_t i = 0; i < k; i += 2, to += to_width) {
    const float* earlier = x + i * pitch;
    const float* later = earlier + pitch;
    const bool both = i + 1 < k;
    for (size_t j = 0; j < to_width; j += kPairLanes) {
      const size_t count = j < width ? HWY_MIN(kPairLanes, width - j) : 0;
      const auto load = [&](const float* from) {
        return count == kPairLanes ? hn::LoadU(d, from + j) : count == 0 ? hn::Zero(d) : LoadFirst(d, from + j, count);
      };
      const auto pairs = PairsOfRows(load(earlier), both ? load(later) : hn::Zero(d));
      if (to_width - j >= kPairLanes) {
        hn::StoreU(pairs, du, to + j);
      } else {
        StoreFirst(pairs, du, to + j, to_width - j);
      }
    }
  }
}

// to[(k + 1) / 2] = the k numbers of x in pairs
HWY_INLINE void PackRow(const float* x, size_t k, uint32_t* HWY_RESTRICT to) {
  const Tag<float> d;
  const PairTag du;
  const hn::Rebind<uint16_t, PairTag> half;
  uint16_t* numbers = reinterpret_cast<uint16_t*>(to);
  size_t i = 0;
  for (; i + kPairLanes <= k; i += kPairLanes) {
    const auto bits = hn::ShiftRight<16>(RoundedBits(d, hn::LoadU(d, x + i)));
    hn::StoreU(hn::TruncateTo(half, bits), half, numbers + i);
  }
  if (i == k) return;
  HWY_ALIGN uint32_t last[kPairLanes];
  hn::Store(hn::ShiftRight<16>(RoundedBits(d, LoadFirst(d, x + i, k - i))), du, last);
  for (size_t r = 0; i + r < k; ++r) numbers[i + r] = static_cast<uint16_t>(last[r]);
  if (k % 2 != 0) numbers[k] = 0;
}

// to[pairs][to_width] = pairs of the k numbers of `width` rows of x, which lie `pitch` apart; zeros behind them
HWY_INLINE void PackPairsOfColumns(const float* x, size_t pitch, size_t k, size_t width, uint32_t* rows,
                                   uint32_t* HWY_RESTRICT to, size_t to_width) {
  const size_t pairs = (k + 1) / 2;
  for (size_t r = 0; r < to_width; ++r) {
    if (r < width) {
      PackRow(x + r * pitch, k, rows + r * pairs);
    } else {
      std::fill_n(rows + r * pairs, pairs, 0u);
    }
  }
  TransposeRows(reinterpret_cast<const float*>(rows), pairs, to_width, pairs, reinterpret_cast<float*>(to), to_width);
}

// `width` rows of a left factor, or columns of a right one, as pairs: element (i, term) is at data[i · across +
// term · along]. rows: memory for to_width × pairs, where it is needed.
HWY_INLINE void PackPairs(const float* data, size_t across, size_t along, size_t k, size_t width, uint32_t* rows,
                          uint32_t* to, size_t to_width) {
  if (across == 1) {
    PackPairsOfRows(data, along, k, width, to, to_width);
  } else {
    PackPairsOfColumns(data, across, k, width, rows, to, to_width);
  }
}

HWY_INLINE hn::Vec<Tag<float>> AddPairs(hn::Vec<Tag<float>> sum, hn::Vec<PairTag> left, hn::Vec<PairTag> right) {
  asm("vdpbf16ps %[right], %[left], %[sum]" : [sum] "+v"(sum.raw) : [left] "v"(left.raw), [right] "v"(right.raw));
  return sum;
}

// The sums of R rows and V vectors of columns; tail: numbers in the last vector.
template <size_t R, size_t V>
HWY_INLINE void PairBlock(size_t pairs, const uint32_t* HWY_RESTRICT left, const uint32_t* HWY_RESTRICT right,
                          PairStart start, float* to, size_t to_row, size_t tail) {
  const Tag<float> d;
  const PairTag du;
  hn::Vec<Tag<float>> sum[R][V];
  for (size_t r = 0; r < R; ++r) {
    for (size_t v = 0; v < V; ++v) sum[r][v] = hn::Zero(d);
  }
  for (size_t i = 0; i < pairs; ++i, left += kPairRows, right += kPairColumns) {
    hn::Vec<PairTag> columns[V];
    for (size_t v = 0; v < V; ++v) columns[v] = hn::LoadU(du, right + v * kPairLanes);
    for (size_t r = 0; r < R; ++r) {
      const auto row = hn::Set(du, left[r]);
      for (size_t v = 0; v < V; ++v) sum[r][v] = AddPairs(sum[r][v], row, columns[v]);
    }
  }
  const auto rate = hn::Set(d, start.rate);
  for (size_t r = 0; r < R; ++r) {
    for (size_t v = 0; v < V; ++v) {
      const size_t at = v * kPairLanes;
      const bool whole = v + 1 < V || tail == kPairLanes;
      auto result = sum[r][v];
      if (start.data != nullptr) {
        const float* from = start.data + r * start.row + at;
        const auto before = whole ? hn::LoadU(d, from) : LoadFirst(d, from, tail);
        result = start.descends ? hn::NegMulAdd(rate, result, before) : hn::Add(before, result);
      }
      if (whole) {
        hn::StoreU(result, d, to + r * to_row + at);
      } else {
        StoreFirst(result, d, to + r * to_row + at, tail);
      }
    }
  }
}

template <size_t R, size_t V>
HWY_INLINE void PairRows(size_t rows, size_t pairs, const uint32_t* left, const uint32_t* right, PairStart start,
                         float* to, size_t to_row, size_t tail) {
  if (rows == R) return PairBlock<R, V>(pairs, left, right, start, to, to_row, tail);
  if constexpr (R > 1) PairRows<R - 1, V>(rows, pairs, left, right, start, to, to_row, tail);
}

// y[m×n] = start + a[m×k] · b[k×n] with the factors rounded to bfloat16
inline void PairProduct(Context& context, size_t m, size_t n, size_t k, PairFactor a, PairFactor b, PairStart start,
                        float* y) {
  const size_t pairs = (k + 1) / 2, blocks = (m + kPairRows - 1) / kPairRows;
  const size_t panels = (n + kPairColumns - 1) / kPairColumns;
  const size_t panel_bytes = pairs * kPairColumns * sizeof(uint32_t);
  const Scratch::Block left_block(context.pool.scratch(), blocks * pairs * kPairRows * sizeof(uint32_t));
  uint32_t* left = reinterpret_cast<uint32_t*>(left_block.data());
  constexpr size_t kMostTiles = 8, kTileProduct = 1 << 21, kTileNumbers = 1 << 15;
  const size_t wanted = HWY_MAX(1, HWY_MIN(kMostTiles, m * n * k / kTileProduct));
  // Tiles of few columns take all rows, so that no panel is packed twice; where columns are few, rows are cut.
  const size_t across = HWY_MIN(wanted, panels), down = HWY_MIN(HWY_MAX(1, wanted / across), blocks);
  ScratchPieces pieces(context.pool.scratch(), kMostTiles, 2 * panel_bytes);
  const size_t some = HWY_MAX(1, kTileNumbers / HWY_MAX(1, k * kPairRows));
  context.pool.ParallelFor((blocks + some - 1) / some, [&](size_t tile) {
    const ScratchPieces::Piece piece(pieces);
    for (size_t i = tile * some; i < HWY_MIN(blocks, (tile + 1) * some); ++i) {
      const size_t first = i * kPairRows;
      PackPairs(a.data + first * a.row, a.row, a.col, k, HWY_MIN(kPairRows, m - first),
                reinterpret_cast<uint32_t*>(piece.data()), left + i * pairs * kPairRows, kPairRows);
    }
  });
  context.pool.ParallelFor(across * down, [&](size_t tile) {
    const ScratchPieces::Piece piece(pieces);
    uint32_t* right = reinterpret_cast<uint32_t*>(piece.data());
    const size_t part = tile / across, column = tile % across;
    for (size_t p = column * panels / across; p < (column + 1) * panels / across; ++p) {
      const size_t j = p * kPairColumns, width = HWY_MIN(kPairColumns, n - j);
      PackPairs(b.data + j * b.col, b.col, b.row, k, width, right + pairs * kPairColumns, right, kPairColumns);
      for (size_t i = part * blocks / down; i < (part + 1) * blocks / down; ++i) {
        const size_t first = i * kPairRows, rows = HWY_MIN(kPairRows, m - first);
        PairStart own = start;
        if (own.data != nullptr) own.data += first * own.row + j;
        const uint32_t* block = left + i * pairs * kPairRows;
        float* to = y + first * n + j;
        if (width > kPairLanes) {
          PairRows<kPairRows, 2>(rows, pairs, block, right, own, to, n, width - kPairLanes);
        } else {
          PairRows<kPairRows, 1>(rows, pairs, block, right, own, to, n, width);
        }
      }
    }
  });
}

#else

inline void PairProduct(Context&, size_t, size_t, size_t, PairFactor, PairFactor, PairStart, float*) {
  throw InvalidArgument("Expected a CPU that multiplies bfloat16 numbers");
}

#endif  // BLASNET_CAN_BFLOAT16

// Whether PairProduct computes a product of that size: this CPU can, and it pays.
inline bool HasPairProduct([[maybe_unused]] size_t m, [[maybe_unused]] size_t n, [[maybe_unused]] size_t k) {
#if BLASNET_CAN_BFLOAT16
  return m * n * k >= kLeastPairProduct && MultipliesPairs();
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
