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
#include "math/small_product-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// Up to this many multiplications the register blocks beat a BLAS call (npm run bench shows by how much).
inline constexpr size_t kSmallProduct = 1 << 17;
// Numbers in the scratch that a small transposed factor is copied to.
inline constexpr size_t kSmallFactor = 4096;

// A tile has at least this many multiplications (about 40 µs on one core), so that handing it over pays.
inline constexpr size_t kTileProduct = 1 << 21;
inline constexpr size_t kMostTiles = 8;
inline constexpr size_t kTileAlign = 32;  // rows or columns: whole register blocks of the BLAS

struct Tiling {
  size_t count, length;  // length in rows or columns; the last tile may be shorter
};

inline Tiling TilesOf(size_t length, size_t products) {
  size_t count = 1;
  while (count < kMostTiles && products / (2 * count) >= kTileProduct) count *= 2;
  const size_t each = (length / count + kTileAlign - 1) / kTileAlign * kTileAlign;
  if (each == 0 || each >= length) return {1, length};
  return {(length + each - 1) / each, each};
}

// C[m×n] = alpha · op(A) · op(B) + beta · C, split along the longer side of C.
template <class T>
HWY_INLINE void TiledGemm(Context& context, Transpose ta, Transpose tb, size_t m, size_t n, size_t k, T alpha,
                          const T* a, size_t lda, const T* b, size_t ldb, T beta, T* c) {
  const bool by_columns = n >= m;
  const Tiling tiling = TilesOf(by_columns ? n : m, m * n * k);
  context.pool.ParallelFor(tiling.count, [&](size_t tile) {
    const size_t first = tile * tiling.length;
    if (by_columns) {
      const T* from = tb == Transpose::kYes ? b + first * ldb : b + first;
      Gemm(ta, tb, m, HWY_MIN(tiling.length, n - first), k, alpha, a, lda, from, ldb, beta, c + first, n);
    } else {
      const T* from = ta == Transpose::kYes ? a + first : a + first * lda;
      Gemm(ta, tb, HWY_MIN(tiling.length, m - first), n, k, alpha, from, lda, b, ldb, beta, c + first * n, n);
    }
  });
}

// z[m×n] = x[m×k] · w[k×n] + b[n]
template <class T>
HWY_INLINE void MatmulAddBias(Context& context, Matrix<const T> x, Matrix<const T> w, Vector<const T> b, Matrix<T> z) {
  const size_t m = x.rows, k = x.cols, n = w.cols;
  if (m * n * k <= kSmallProduct) {
    SmallProduct<T>(m, n, k, T(1), Strided<T>{x.data, k, 1}, w.data, n, b.data, z.data, n);
    return;
  }
  // Rows filled with the bias and beta = 1 cost no more than the BLAS's own clearing of C.
  for (size_t i = 0; i < m; ++i) std::memcpy(z.row(i), b.data, n * sizeof(T));
  TiledGemm<T>(context, Transpose::kNo, Transpose::kNo, m, n, k, T(1), x.data, k, w.data, n, T(1), z.data);
}

// c[m×n] = a[m×k] · bᵀ, where b is n×k
template <class T>
HWY_INLINE void MatmulTransposedRight(Context& context, Matrix<const T> a, Matrix<const T> b, Matrix<T> c) {
  const size_t m = a.rows, k = a.cols, n = b.rows;
  if (m * n * k <= kSmallProduct && n * k <= kSmallFactor) {
    HWY_ALIGN T transposed[kSmallFactor];
    for (size_t i = 0; i < n; ++i) {
      for (size_t j = 0; j < k; ++j) transposed[j * n + i] = b.data[i * k + j];
    }
    SmallProduct<T>(m, n, k, T(1), Strided<T>{a.data, k, 1}, transposed, n, nullptr, c.data, n);
    return;
  }
  TiledGemm<T>(context, Transpose::kNo, Transpose::kYes, m, n, k, T(1), a.data, k, b.data, k, T(0), c.data);
}

// c[m×n] = alpha · aᵀ · b, where a is k×m and b is k×n
template <class T>
HWY_INLINE void MatmulTransposedLeft(Context& context, T alpha, Matrix<const T> a, Matrix<const T> b, Matrix<T> c) {
  const size_t m = a.cols, k = a.rows, n = b.cols;
  if (m * n * k <= kSmallProduct) {
    SmallProduct<T>(m, n, k, alpha, Strided<T>{a.data, 1, m}, b.data, n, nullptr, c.data, n);
    return;
  }
  TiledGemm<T>(context, Transpose::kYes, Transpose::kNo, m, n, k, alpha, a.data, m, b.data, n, T(0), c.data);
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
