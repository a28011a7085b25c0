// Products too small for a BLAS call: its checks, packing and dispatch cost more than their arithmetic.

#if defined(BLASNET_MATH_SMALL_PRODUCT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_MATH_SMALL_PRODUCT_INL_H_
#undef BLASNET_MATH_SMALL_PRODUCT_INL_H_
#else
#define BLASNET_MATH_SMALL_PRODUCT_INL_H_
#endif

#include "math/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// The left factor of a product, read one number at a time: element (i, k) is at data[i * row + k * col], so that a
// transposed matrix is the same thing with its strides exchanged.
template <class T>
struct Strided {
  const T* data;
  size_t row, col;
};

// C block [R × V vectors] = bias + alpha · A·B over k terms. All sums stay in registers; B is read in row order.
// tail: numbers in the last vector (Lanes when it is a whole one, `kMasked` false).
template <size_t R, size_t V, bool kMasked, class T>
HWY_INLINE void ProductBlock(size_t k, T alpha, Strided<T> a, const T* HWY_RESTRICT b, size_t ldb, const T* bias,
                             T* HWY_RESTRICT c, size_t ldc, size_t tail) {
  const Tag<T> d;
  const size_t lanes = hn::Lanes(d);
  hn::Vec<Tag<T>> sum[R][V];
  for (size_t r = 0; r < R; ++r) {
    for (size_t v = 0; v < V; ++v) sum[r][v] = hn::Zero(d);
  }
  for (size_t i = 0; i < k; ++i) {
    hn::Vec<Tag<T>> right[V];
    for (size_t v = 0; v < V; ++v) {
      const T* from = b + i * ldb + v * lanes;
      right[v] = kMasked && v + 1 == V ? LoadFirst(d, from, tail) : hn::LoadU(d, from);
    }
    for (size_t r = 0; r < R; ++r) {
      const auto left = hn::Set(d, a.data[r * a.row + i * a.col]);
      for (size_t v = 0; v < V; ++v) sum[r][v] = hn::MulAdd(left, right[v], sum[r][v]);
    }
  }
  const auto scale = hn::Set(d, alpha);
  for (size_t v = 0; v < V; ++v) {
    const bool masked = kMasked && v + 1 == V;
    auto start = hn::Zero(d);
    if (bias != nullptr) start = masked ? LoadFirst(d, bias + v * lanes, tail) : hn::LoadU(d, bias + v * lanes);
    for (size_t r = 0; r < R; ++r) {
      T* to = c + r * ldc + v * lanes;
      const auto result = hn::MulAdd(scale, sum[r][v], start);
      if (masked) {
        StoreFirst(result, d, to, tail);
      } else {
        hn::StoreU(result, d, to);
      }
    }
  }
}

// One panel of V vectors' width over all m rows.
template <size_t V, bool kMasked, class T>
HWY_INLINE void ProductPanel(size_t m, size_t k, T alpha, Strided<T> a, const T* b, size_t ldb, const T* bias, T* c,
                             size_t ldc, size_t tail) {
  constexpr size_t kRows = 4;
  size_t r = 0;
  for (; r + kRows <= m; r += kRows) {
    ProductBlock<kRows, V, kMasked>(k, alpha, Strided<T>{a.data + r * a.row, a.row, a.col}, b, ldb, bias, c + r * ldc,
                                    ldc, tail);
  }
  for (; r < m; ++r) {
    ProductBlock<1, V, kMasked>(k, alpha, Strided<T>{a.data + r * a.row, a.row, a.col}, b, ldb, bias, c + r * ldc, ldc,
                                tail);
  }
}

// c[m×n] = bias[n] (or 0) + alpha · a[m×k] · b[k×n]
template <class T>
HWY_INLINE void SmallProduct(size_t m, size_t n, size_t k, T alpha, Strided<T> a, const T* b, size_t ldb,
                             const T* bias, T* c, size_t ldc) {
  const size_t lanes = hn::Lanes(Tag<T>());
  size_t j = 0;
  const auto shifted = [bias](size_t by) { return bias == nullptr ? nullptr : bias + by; };
  for (; j + 2 * lanes <= n; j += 2 * lanes) {
    ProductPanel<2, false>(m, k, alpha, a, b + j, ldb, shifted(j), c + j, ldc, lanes);
  }
  const size_t rest = n - j;
  if (rest > lanes) {
    ProductPanel<2, true>(m, k, alpha, a, b + j, ldb, shifted(j), c + j, ldc, rest - lanes);
  } else if (rest == lanes) {
    ProductPanel<1, false>(m, k, alpha, a, b + j, ldb, shifted(j), c + j, ldc, lanes);
  } else if (rest > 0) {
    ProductPanel<1, true>(m, k, alpha, a, b + j, ldb, shifted(j), c + j, ldc, rest);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
