// The products of a layer, cut into tiles for the pool. Tiles depend on shapes only, never on the thread count: the
// bits of a product that was cut differ from those of the whole one.

#if defined(BLASNET_MATH_MATMUL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_MATH_MATMUL_INL_H_
#undef BLASNET_MATH_MATMUL_INL_H_
#else
#define BLASNET_MATH_MATMUL_INL_H_
#endif

#include <cstring>

#include "math/gemm.h"
#include "math/row_product-inl.h"
#include "math/small_product-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// Products of up to this many multiplications are no slower by register blocks than by a BLAS call, small ones twice as
// fast (16×16×32: 0.18 instead of 0.45 µs, 128×256×256: 179 instead of 188, with AVX2).
inline constexpr size_t kSmallProduct = 1 << 23;
// With few rows the right factor is read straight from memory; beyond the second-level cache a BLAS does that better.
inline constexpr size_t kFewRows = 32;
inline constexpr size_t kSmallFactor = 1 << 17;

inline bool IsSmall(size_t m, size_t n, size_t k) {
  return m * n * k <= kSmallProduct && (m >= kFewRows || n * k <= kSmallFactor);
}

// A tile has at least this many multiplications (about 40 µs on one core), so that handing it over pays.
inline constexpr size_t kTileProduct = 1 << 21;
inline constexpr size_t kMostTiles = 8;
inline constexpr size_t kTileAlign = 32;  // rows or columns: whole register blocks

struct Tiling {
  size_t count, length;  // length in rows or columns; the last tile may be shorter
};

inline Tiling TilesOf(size_t length, size_t products) {
  if (products < 2 * kTileProduct) return {1, length};  // before any division: tiny products take less time than one
  size_t count = 1;
  while (count < kMostTiles && products / (2 * count) >= kTileProduct) count *= 2;
  const size_t each = (length / count + kTileAlign - 1) / kTileAlign * kTileAlign;
  if (each == 0 || each >= length) return {1, length};
  return {(length + each - 1) / each, each};
}

// c[m×n, in rows of ldc] = bias[n] (0 where it is null) + alpha · a[m×k] · b[k×n] by the BLAS. C is filled first and
// added to (beta = 1), which is faster than the library's own clearing.
template <class T>
HWY_INLINE void BlasProduct(size_t m, size_t n, size_t k, T alpha, Strided<T> a, Strided<T> b, const T* bias, T* c,
                            size_t ldc) {
  for (size_t i = 0; i < m; ++i) {
    if (bias == nullptr) {
      std::memset(c + i * ldc, 0, n * sizeof(T));
    } else {
      std::memcpy(c + i * ldc, bias, n * sizeof(T));
    }
  }
  // A vector turned by 90 degrees has both strides 1: its rows must not overlap.
  const auto in_rows = [](Strided<T> x, size_t columns) { return x.col == 1 && x.row >= columns; };
  const bool a_in_rows = in_rows(a, k), b_in_rows = in_rows(b, n);
  Gemm(a_in_rows ? Transpose::kNo : Transpose::kYes, b_in_rows ? Transpose::kNo : Transpose::kYes, m, n, k, alpha,
       a.data, a_in_rows ? a.row : a.col, b.data, b_in_rows ? b.row : b.col, T(1), c, ldc);
}

// c[m×n] = bias[n] (0 where it is null) + alpha · a[m×k] · b[k×n], in tiles along the longer side of C.
template <class T>
HWY_INLINE void Product(Context& context, size_t m, size_t n, size_t k, T alpha, Strided<T> a, Strided<T> b,
                        const T* bias, T* c) {
  if (m == 1 && b.col == 1) return RowProduct(context, {k, alpha, a.data, a.col, b.data, b.row}, n, bias, c);
  const bool small = IsSmall(m, n, k), by_columns = n >= m;
  const Tiling tiling = TilesOf(by_columns ? n : m, m * n * k);
  context.pool.ParallelFor(tiling.count, [&](size_t tile) {
    const size_t first = tile * tiling.length;
    const size_t rows = by_columns ? m : HWY_MIN(tiling.length, m - first);
    const size_t columns = by_columns ? HWY_MIN(tiling.length, n - first) : n;
    const Strided<T> left = by_columns ? a : a.From(first, 0), right = by_columns ? b.From(0, first) : b;
    const T* start = bias != nullptr && by_columns ? bias + first : bias;
    T* to = by_columns ? c + first : c + first * n;
    if (small) {
      SmallProduct(rows, columns, k, alpha, left, right, start, to, n);
    } else {
      BlasProduct(rows, columns, k, alpha, left, right, start, to, n);
    }
  });
}

template <class T>
HWY_INLINE Strided<T> RowsOf(Matrix<const T> x) {
  return {x.data, x.cols, 1};
}

template <class T>
HWY_INLINE Strided<T> TransposedOf(Matrix<const T> x) {
  return {x.data, 1, x.cols};
}

// sums[n] = scale · Σ over rows of x[m×n], in row order
template <class T>
HWY_INLINE void SumRows(T scale, Matrix<const T> x, Vector<T> sums) {
  const Tag<T> d;
  const size_t lanes = hn::Lanes(d);
  const auto factor = hn::Set(d, scale);
  for (size_t j = 0; j < x.cols; j += lanes) {
    const size_t width = HWY_MIN(lanes, x.cols - j);
    auto sum = hn::Zero(d);
    if (width == lanes) {
      for (size_t i = 0; i < x.rows; ++i) sum = hn::Add(sum, hn::LoadU(d, x.row(i) + j));
      hn::StoreU(hn::Mul(sum, factor), d, sums.data + j);
    } else {
      for (size_t i = 0; i < x.rows; ++i) sum = hn::Add(sum, LoadFirst(d, x.row(i) + j, width));
      StoreFirst(hn::Mul(sum, factor), d, sums.data + j, width);
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
