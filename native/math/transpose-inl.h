// Blocks of a matrix turned by 90 degrees.

#if defined(BLASNET_MATH_TRANSPOSE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_MATH_TRANSPOSE_INL_H_
#undef BLASNET_MATH_TRANSPOSE_INL_H_
#else
#define BLASNET_MATH_TRANSPOSE_INL_H_
#endif

#include "math/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// to[n × rows, in rows of to_pitch] = from[rows × n, in rows of from_pitch], by squares of 16 bytes; rows are whole
// squares.
template <class T>
HWY_INLINE void TransposeRows(const T* HWY_RESTRICT from, size_t from_pitch, size_t rows, size_t n, T* HWY_RESTRICT to,
                              size_t to_pitch) {
  constexpr size_t kSide = 16 / sizeof(T);
  const hn::FixedTag<T, kSide> d;
  const hn::FixedTag<double, 2> wide;
  // Whole lines of `from`, one after the other: rows that lie a power of two apart drive each other from the cache.
  constexpr size_t kLine = 64 / sizeof(T);
  const size_t squares = n / kSide * kSide;
  for (size_t line = 0; line < squares; line += kLine) {
    for (size_t r = 0; r < rows; r += kSide) {
      for (size_t i = line; i < HWY_MIN(squares, line + kLine); i += kSide) {
        const T* square = from + r * from_pitch + i;
        T* result = to + i * to_pitch + r;
        if constexpr (kSide == 2) {
          const auto a = hn::LoadU(d, square), b = hn::LoadU(d, square + from_pitch);
          hn::StoreU(hn::InterleaveLower(d, a, b), d, result);
          hn::StoreU(hn::InterleaveUpper(d, a, b), d, result + to_pitch);
        } else {
          const auto a = hn::LoadU(d, square), b = hn::LoadU(d, square + from_pitch);
          const auto c = hn::LoadU(d, square + 2 * from_pitch), e = hn::LoadU(d, square + 3 * from_pitch);
          const auto ab = hn::BitCast(wide, hn::InterleaveLower(d, a, b));
          const auto ce = hn::BitCast(wide, hn::InterleaveLower(d, c, e));
          const auto ab2 = hn::BitCast(wide, hn::InterleaveUpper(d, a, b));
          const auto ce2 = hn::BitCast(wide, hn::InterleaveUpper(d, c, e));
          hn::StoreU(hn::BitCast(d, hn::InterleaveLower(wide, ab, ce)), d, result);
          hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(wide, ab, ce)), d, result + to_pitch);
          hn::StoreU(hn::BitCast(d, hn::InterleaveLower(wide, ab2, ce2)), d, result + 2 * to_pitch);
          hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(wide, ab2, ce2)), d, result + 3 * to_pitch);
        }
      }
    }
  }
  for (size_t i = squares; i < n; ++i) {
    for (size_t r = 0; r < rows; ++r) to[i * to_pitch + r] = from[r * from_pitch + i];
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
