// Products by register blocks, for sizes at which a BLAS call's checks, packing and dispatch cost more than they save.

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

// A factor of a product, read one number at a time: element (i, k) is at data[i * row + k * col], so that a
// transposed matrix is the same thing with its strides exchanged.
template <class T>
struct Strided {
  const T* data;
  size_t row, col;
  Strided From(size_t i, size_t k) const { return {data + i * row + k * col, row, col}; }
};

// What a product's sums are added to: row r starts at data + r · row; nothing where data is null.
template <class T>
struct Start {
  const T* data;
  size_t row;
  Start From(size_t r) const { return {data == nullptr ? nullptr : data + r * row, row}; }
};

// C block [R × V vectors] = start + alpha · A·B over k terms. All sums stay in registers; B is read in row order.
// tail: numbers in the last vector (Lanes when it is a whole one, `kMasked` false).
template <size_t R, size_t V, bool kMasked, class D, class T = hn::TFromD<D>>
HWY_INLINE void ProductBlock(D d, size_t k, T alpha, Strided<T> a, const T* HWY_RESTRICT b, size_t ldb, Start<T> start,
                             T* c, size_t ldc, size_t tail) {
  const size_t lanes = hn::Lanes(d);
  hn::Vec<D> sum[R][V];
  for (size_t r = 0; r < R; ++r) {
    for (size_t v = 0; v < V; ++v) sum[r][v] = hn::Zero(d);
  }
  for (size_t i = 0; i < k; ++i) {
    hn::Vec<D> right[V];
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
  for (size_t r = 0; r < R; ++r) {
    const T* from = start.From(r).data;
    T* to = c + r * ldc;
    for (size_t v = 0; v < V; ++v) {
      const size_t at = v * lanes;
      if (kMasked && v + 1 == V) {
        const auto before = from == nullptr ? hn::Zero(d) : LoadFirst(d, from + at, tail);
        StoreFirst(hn::MulAdd(scale, sum[r][v], before), d, to + at, tail);
      } else {
        const auto before = from == nullptr ? hn::Zero(d) : hn::LoadU(d, from + at);
        hn::StoreU(hn::MulAdd(scale, sum[r][v], before), d, to + at);
      }
    }
  }
}

// One panel of V vectors' width over all m rows.
template <size_t V, bool kMasked, class D, class T = hn::TFromD<D>>
HWY_INLINE void ProductPanel(D d, size_t m, size_t k, T alpha, Strided<T> a, const T* b, size_t ldb, Start<T> start,
                             T* c, size_t ldc, size_t tail) {
  constexpr size_t kRows = 4;
  size_t r = 0;
  for (; r + kRows <= m; r += kRows) {
    ProductBlock<kRows, V, kMasked>(d, k, alpha, a.From(r, 0), b, ldb, start.From(r), c + r * ldc, ldc, tail);
  }
  for (; r < m; ++r)
    ProductBlock<1, V, kMasked>(d, k, alpha, a.From(r, 0), b, ldb, start.From(r), c + r * ldc, ldc, tail);
}

// A panel narrower than a vector, by ever narrower vectors of 2ⁿ numbers: a masked store takes longer than all the rest
// of such a product.
template <size_t kLanes, class T>
HWY_INLINE void NarrowPanel(size_t m, size_t k, T alpha, Strided<T> a, const T* b, size_t ldb, Start<T> start, T* c,
                            size_t ldc, size_t width) {
  if constexpr (kLanes > 0) {
    if (width >= kLanes) {
      const hn::CappedTag<T, kLanes> d;
      ProductPanel<1, false>(d, m, k, alpha, a, b, ldb, start, c, ldc, kLanes);
      if (start.data != nullptr) start.data += kLanes;
      b += kLanes;
      c += kLanes;
      width -= kLanes;
    }
    if (width > 0) NarrowPanel<kLanes / 2>(m, k, alpha, a, b, ldb, start, c, ldc, width);
  }
}

// Terms of a product that are summed in one go: a panel of so many rows of B stays in the first-level cache.
inline constexpr size_t kPanelDepth = 256;

// to[depth × 2 vectors] = the panel of B at `from`, `width` numbers wide; a transposed B is turned on the way.
template <class T>
HWY_INLINE void PackPanel(Strided<T> from, size_t depth, size_t width, T* HWY_RESTRICT to) {
  const Tag<T> d;
  const size_t lanes = hn::Lanes(d), to_row = 2 * lanes;
  if (from.col == 1 && width == to_row) {
    for (size_t i = 0; i < depth; ++i) {
      const T* row = from.data + i * from.row;
      hn::Store(hn::LoadU(d, row), d, to + i * to_row);
      hn::Store(hn::LoadU(d, row + lanes), d, to + i * to_row + lanes);
    }
    return;
  }
  for (size_t i = 0; i < depth; ++i) {
    for (size_t j = 0; j < width; ++j) to[i * to_row + j] = from.data[i * from.row + j * from.col];
  }
}

// c[m×n] = bias[n] (or 0 where it is null) + alpha · a[m×k] · b[k×n]
template <class T>
HWY_INLINE void SmallProduct(size_t m, size_t n, size_t k, T alpha, Strided<T> a, Strided<T> b, const T* bias, T* c,
                             size_t ldc) {
  const Tag<T> d;
  const size_t lanes = hn::Lanes(d);
  constexpr size_t kMostLanes = hn::MaxLanes(Tag<T>());
  HWY_ALIGN T panel[kPanelDepth * 2 * kMostLanes];
  // Rows of B that lie far apart share few lines of the cache: worth a copy where it is read often.
  const bool pack = b.col != 1 || (m >= 32 && k * b.row * sizeof(T) > 16384);
  for (size_t j = 0; j < n; j += 2 * lanes) {
    const size_t width = HWY_MIN(2 * lanes, n - j);
    for (size_t i = 0; i < k; i += kPanelDepth) {
      const size_t depth = HWY_MIN(kPanelDepth, k - i);
      const Strided<T> part = b.From(i, j);
      const T* right = part.data;
      size_t ldb = part.row;
      if (pack) {
        PackPanel(part, depth, width, panel);
        right = panel;
        ldb = 2 * lanes;
      }
      const Strided<T> left = a.From(0, i);
      T* to = c + j;
      // The first terms start from the bias, later ones from what is there.
      const Start<T> start = i > 0 ? Start<T>{to, ldc} : Start<T>{bias == nullptr ? nullptr : bias + j, 0};
      if (width == 2 * lanes) {
        ProductPanel<2, false>(d, m, depth, alpha, left, right, ldb, start, to, ldc, lanes);
      } else if (width > lanes) {
        ProductPanel<2, true>(d, m, depth, alpha, left, right, ldb, start, to, ldc, width - lanes);
      } else if (width == lanes) {
        ProductPanel<1, false>(d, m, depth, alpha, left, right, ldb, start, to, ldc, lanes);
      } else {
        NarrowPanel<kMostLanes / 2>(m, depth, alpha, left, right, ldb, start, to, ldc, width);
      }
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
