// Blocks of products in bfloat16 by the instruction that multiplies vectors of pairs and adds both products to a
// float32 sum (AVX-512 BF16). A sum has all its terms in order.

#if defined(BLASNET_MATH_BFLOAT16_VECTORS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_MATH_BFLOAT16_VECTORS_INL_H_
#undef BLASNET_MATH_BFLOAT16_VECTORS_INL_H_
#else
#define BLASNET_MATH_BFLOAT16_VECTORS_INL_H_
#endif

#include "math/bfloat16_pairs-inl.h"

#if BLASNET_CAN_BFLOAT16
HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

HWY_INLINE hn::Vec<Tag<float>> AddPairs(hn::Vec<Tag<float>> sum, hn::Vec<PairTag> left, hn::Vec<PairTag> right) {
  asm("vdpbf16ps %[right], %[left], %[sum]" : [sum] "+v"(sum.raw) : [left] "v"(left.raw), [right] "v"(right.raw));
  return sum;
}

// Blocks of kRows rows and kPairColumns columns. The left factor lies as [pairs][kRows].
class VectorBlocks {
 public:
  using Rounder = CpuRounder;
  static constexpr size_t kRows = 12;
  static_assert(kPairColumns == 2 * kPairLanes);

  // Pairs that k terms are packed in.
  static size_t PairsOf(size_t k) { return (k + 1) / 2; }

  // `count` rows of a left factor: element (i, term) is at data[i · across + term · along]. rows: memory for the pairs
  // of all rows.
  static HWY_INLINE void PackLeft(const float* data, size_t across, size_t along, size_t k, size_t count,
                                  uint32_t* rows, uint32_t* to) {
    PackPairs<Rounder>(data, across, along, k, count, rows, to, kRows);
  }

  // The sums of `rows` rows and `width` columns; to's rows lie to_row apart.
  HWY_INLINE void Run(size_t rows, size_t width, size_t pairs, const uint32_t* left, const uint32_t* right,
                      PairStart start, float* to, size_t to_row) {
    if (width > kPairLanes) {
      Rows<kRows, 2>(rows, pairs, left, right, start, to, to_row, width - kPairLanes);
    } else {
      Rows<kRows, 1>(rows, pairs, left, right, start, to, to_row, width);
    }
  }

 private:
  // The sums of R rows and V vectors of columns; tail: numbers in the last vector.
  template <size_t R, size_t V>
  static HWY_INLINE void Block(size_t pairs, const uint32_t* HWY_RESTRICT left, const uint32_t* HWY_RESTRICT right,
                               PairStart start, float* to, size_t to_row, size_t tail) {
    const Tag<float> d;
    const PairTag du;
    hn::Vec<Tag<float>> sum[R][V];
    for (size_t r = 0; r < R; ++r) {
      for (size_t v = 0; v < V; ++v) sum[r][v] = hn::Zero(d);
    }
    for (size_t i = 0; i < pairs; ++i, left += kRows, right += kPairColumns) {
      hn::Vec<PairTag> columns[V];
      for (size_t v = 0; v < V; ++v) columns[v] = hn::LoadU(du, right + v * kPairLanes);
      for (size_t r = 0; r < R; ++r) {
        const auto row = hn::Set(du, left[r]);
        for (size_t v = 0; v < V; ++v) sum[r][v] = AddPairs(sum[r][v], row, columns[v]);
      }
    }
    for (size_t r = 0; r < R; ++r) {
      for (size_t v = 0; v < V; ++v) {
        const size_t at = v * kPairLanes;
        StoreSums(sum[r][v], start, r * start.row + at, v + 1 < V ? kPairLanes : tail, to + r * to_row + at);
      }
    }
  }

  template <size_t R, size_t V>
  static HWY_INLINE void Rows(size_t rows, size_t pairs, const uint32_t* left, const uint32_t* right, PairStart start,
                              float* to, size_t to_row, size_t tail) {
    if (rows == R) return Block<R, V>(pairs, left, right, start, to, to_row, tail);
    if constexpr (R > 1) Rows<R - 1, V>(rows, pairs, left, right, start, to, to_row, tail);
  }
};

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();
#endif  // BLASNET_CAN_BFLOAT16

#endif  // per-target guard
