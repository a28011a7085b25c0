// Products by register blocks, without a BLAS call's checks and dispatch, and without packing that tiles of one product
// would have to repeat.

#if defined(BLASNET_MATH_BLOCKED_PRODUCT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_MATH_BLOCKED_PRODUCT_INL_H_
#undef BLASNET_MATH_BLOCKED_PRODUCT_INL_H_
#else
#define BLASNET_MATH_BLOCKED_PRODUCT_INL_H_
#endif

#include <algorithm>

#include "math/slim_product-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// to[blocks][k][kBlockRows] = the rows of a transposed A, block by block: from A itself each term would come from
// another page. Rows that fill no block stay where they are.
template <class T>
void PackBlocks(Strided<T> a, size_t blocks, size_t k, T* HWY_RESTRICT to) {
  // Two blocks at a time take whole lines of A.
  for (size_t block = 0; block < blocks; block += 2, to += 2 * kBlockRows * k) {
    const bool both = block + 1 < blocks;
    for (size_t i = 0; i < k; ++i) {
      const T* from = a.data + block * kBlockRows + i * a.col;
      std::copy_n(from, kBlockRows, to + i * kBlockRows);
      if (both) std::copy_n(from + kBlockRows, kBlockRows, to + (k + i) * kBlockRows);
    }
  }
}

// c[m×n, in rows of ldc] = first + alpha · a[m×k] · b[k×n]. blocks: A as PackBlocks has it, or null. A descent is for
// products of one panel's depth.
template <class T>
HWY_INLINE void BlockedProduct(size_t m, size_t n, size_t k, T alpha, Strided<T> a, const T* blocks, Strided<T> b,
                               Start<T> first, T* c, size_t ldc) {
  if (HasFewTerms(m, k, b, ldc)) return FewTermsProduct(m, n, k, alpha, a, b, first, c, ldc);
  if (HasFewColumns(m, n, k, a)) return FewColumnsProduct(m, n, k, alpha, a, b, first, c, ldc);
  const size_t panel_width = 2 * hn::Lanes(Tag<T>());
  HWY_ALIGN T panel[kPanelDepth * 2 * hn::MaxLanes(Tag<T>())];
  // Rows of B that lie far apart share few lines of the cache: worth a copy where it is read often.
  const bool pack = b.col != 1 || (b.row > panel_width && m >= 32 && k * b.row * sizeof(T) > 16384);
  const size_t in_blocks = blocks == nullptr ? 0 : m / kBlockRows * kBlockRows;
  for (size_t j = 0; j < n; j += panel_width) {
    const size_t width = HWY_MIN(panel_width, n - j);
    for (size_t i = 0; i < k; i += kPanelDepth) {
      const size_t depth = HWY_MIN(kPanelDepth, k - i);
      const Strided<T> part = b.From(i, j);
      if (pack) PackPanel(part, depth, width, panel);
      const T* right = pack ? panel : part.data;
      const size_t ldb = pack ? panel_width : part.row;
      T* to = c + j;
      // Later terms are added to what is there.
      Start<T> start = first;
      if (i > 0) {
        start = {to, ldc};
      } else if (first.data != nullptr) {
        start.data += j;
      }
      for (size_t r = 0; r < in_blocks; r += kBlockRows) {
        const Strided<T> block{blocks + r * k + i * kBlockRows, 1, kBlockRows};
        ProductPanel(kBlockRows, depth, alpha, block, right, ldb, start.From(r), to + r * ldc, ldc, width);
      }
      ProductPanel(m - in_blocks, depth, alpha, a.From(in_blocks, i), right, ldb, start.From(in_blocks),
                   to + in_blocks * ldc, ldc, width);
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
