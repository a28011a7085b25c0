// Products of few terms or of few columns, whose large matrix has rows that lie far apart in memory: orders of the
// loops that go through it row by row. Up to kPanelDepth terms each number has the bits that other orders give.

#if defined(BLASNET_MATH_SLIM_PRODUCT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_MATH_SLIM_PRODUCT_INL_H_
#undef BLASNET_MATH_SLIM_PRODUCT_INL_H_
#else
#define BLASNET_MATH_SLIM_PRODUCT_INL_H_
#endif

#include "math/register_block-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// Bytes between rows from which on their blocks share few lines of the first-level cache.
inline constexpr size_t kFarRows = 2048;

// Whether C's rows lie far apart, and several panels of B, of which each is packed, have room beside each other.
template <class T>
HWY_INLINE bool HasFewTerms(size_t m, size_t k, Strided<T> b, size_t ldc) {
  return b.col != 1 && k <= kPanelDepth / 4 && ldc * sizeof(T) >= kFarRows && m >= 2 * kBlockRows;
}

// c[m×n, in rows of ldc] = first + alpha · a[m×k] · b[k×n]: all panels that there is room for go with one block of rows
// after the other.
template <class T>
HWY_NOINLINE void FewTermsProduct(size_t m, size_t n, size_t k, T alpha, Strided<T> a, Strided<T> b, Start<T> first,
                                  T* c, size_t ldc) {
  const size_t panel_width = 2 * hn::Lanes(Tag<T>());
  HWY_ALIGN T panels[kPanelDepth * 2 * hn::MaxLanes(Tag<T>())];
  const size_t most = kPanelDepth / k * panel_width;
  for (size_t j = 0; j < n; j += most) {
    const size_t columns = HWY_MIN(most, n - j);
    for (size_t p = 0; p < columns; p += panel_width) {
      PackPanel(b.From(0, j + p), k, HWY_MIN(panel_width, columns - p), panels + p * k);
    }
    for (size_t r = 0; r < m; r += kBlockRows) {
      Start<T> start = first.From(r);
      if (first.data != nullptr) start.data += j;
      for (size_t p = 0; p < columns; p += panel_width) {
        ProductPanel(HWY_MIN(kBlockRows, m - r), k, alpha, a.From(r, 0), panels + p * k, panel_width, start,
                     c + r * ldc + j + p, ldc, HWY_MIN(panel_width, columns - p));
        if (first.data != nullptr) start.data += panel_width;
      }
    }
  }
}

inline constexpr size_t kFewColumns = 16;
// Rows of C, numbers in a row of Aᵀ, whose sums are under way at once: they stay in the first-level cache.
inline constexpr size_t kRowsUnderWay = 512;
// From so many numbers on A is not in the first-level cache anyway.
inline constexpr size_t kLargeMatrix = 1 << 15;

// Whether A is transposed, with rows of Aᵀ that lie far apart, and C so narrow that sums for many of its rows have
// room.
template <class T>
HWY_INLINE bool HasFewColumns(size_t m, size_t n, size_t k, Strided<T> a) {
  return a.row == 1 && n <= kFewColumns && a.col * sizeof(T) >= kFarRows && m * k >= kLargeMatrix;
}

// sums[n][kRowsUnderWay] += the products of kTerms rows of Aᵀ, from `a` on, and as many of B
template <size_t kTerms, class T>
HWY_INLINE void AddTerms(size_t rows, size_t n, Strided<T> a, Strided<T> b, T* HWY_RESTRICT sums) {
  const Tag<T> d;
  for (size_t i = 0; i < rows; i += hn::Lanes(d)) {
    hn::Vec<Tag<T>> left[kTerms];
    for (size_t t = 0; t < kTerms; ++t) left[t] = LoadFirst(d, a.data + t * a.col + i, HWY_MIN(rows - i, hn::Lanes(d)));
    for (size_t j = 0; j < n; ++j) {
      T* at = sums + j * kRowsUnderWay + i;
      auto sum = hn::Load(d, at);
      for (size_t t = 0; t < kTerms; ++t) {
        sum = hn::MulAdd(left[t], hn::Set(d, b.data[t * b.row + j * b.col]), sum);
      }
      hn::Store(sum, d, at);
    }
  }
}

// c[m×n, in rows of ldc] = first + alpha · a[m×k] · b[k×n]: terms from the rows of Aᵀ are added to the sums of many
// rows of C, one row after the other.
template <class T>
HWY_NOINLINE void FewColumnsProduct(size_t m, size_t n, size_t k, T alpha, Strided<T> a, Strided<T> b, Start<T> first,
                                    T* c, size_t ldc) {
  constexpr size_t kTerms = 4;
  HWY_ALIGN T sums[kFewColumns * kRowsUnderWay];
  const hn::CappedTag<T, 1> one;
  for (size_t r = 0; r < m; r += kRowsUnderWay) {
    const size_t rows = HWY_MIN(kRowsUnderWay, m - r);
    std::fill_n(sums, n * kRowsUnderWay, T(0));
    size_t i = 0;
    for (; i + kTerms <= k; i += kTerms) AddTerms<kTerms>(rows, n, a.From(r, i), b.From(i, 0), sums);
    for (; i < k; ++i) AddTerms<1>(rows, n, a.From(r, i), b.From(i, 0), sums);
    for (size_t l = 0; l < rows; ++l) {
      const Start<T> start = first.From(r + l);
      for (size_t j = 0; j < n; ++j) {
        const auto before = start.data == nullptr ? hn::Zero(one) : hn::LoadU(one, start.data + j);
        const auto sum = hn::LoadU(one, sums + j * kRowsUnderWay + l);
        hn::StoreU(Finished(start, hn::Set(one, alpha), sum, before), one, c + (r + l) * ldc + j);
      }
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
