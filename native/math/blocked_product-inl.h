// Products by register blocks, without a BLAS call's checks and dispatch, and without packing that tiles of one product
// would have to repeat.

#if defined(BLASNET_MATH_BLOCKED_PRODUCT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_MATH_BLOCKED_PRODUCT_INL_H_
#undef BLASNET_MATH_BLOCKED_PRODUCT_INL_H_
#else
#define BLASNET_MATH_BLOCKED_PRODUCT_INL_H_
#endif

#include <algorithm>

#include "core/rules.h"
#include "math/slim_product-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// to[blocks][k][kBlockRows] = the rows of A, block by block: from A itself each term would come from another line, or
// even page. Rows that fill no block stay where they are.
template <class T>
void PackBlocks(Strided<T> a, size_t blocks, size_t k, T* HWY_RESTRICT to) {
  if (a.col == 1) {
    for (size_t block = 0; block < blocks; ++block) {
      TransposeRows(a.data + block * kBlockRows * a.row, a.row, kBlockRows, k, to + block * kBlockRows * k, kBlockRows);
    }
    return;
  }
  // Some terms at a time, whose lines stay in the first-level cache until all blocks have taken their parts.
  constexpr size_t kTerms = 16;
  for (size_t first = 0; first < k; first += kTerms) {
    const size_t end = HWY_MIN(k, first + kTerms);
    for (size_t block = 0; block < blocks; ++block) {
      for (size_t i = first; i < end; ++i) {
        std::copy_n(a.data + block * kBlockRows + i * a.col, kBlockRows, to + (block * k + i) * kBlockRows);
      }
    }
  }
}

// Whether A is larger than what stays in the second-level cache, and its terms are summed in several goes.
template <class T>
HWY_INLINE bool IsLarge(size_t m, size_t k) {
  return k > kPanelDepth && m * k * sizeof(T) > kRules.near_bytes;
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
  // Rows [r, end) times one panel of B from column j on, for the terms from i on.
  const auto multiply = [&](size_t r, size_t end, size_t i, size_t j) BLASNET_INLINE_LAMBDA {
    const size_t depth = HWY_MIN(kPanelDepth, k - i), width = HWY_MIN(panel_width, n - j);
    const Strided<T> part = b.From(i, j);
    const bool packs_on_the_way = pack && b.col == 1 && m >= kBlockRows && width > panel_width / 2;
    if (pack && !packs_on_the_way) PackPanel(part, depth, width, panel);
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
    const auto block_at = [&](size_t row) BLASNET_INLINE_LAMBDA {
      return Strided<T>{blocks + row * k + i * kBlockRows, 1, kBlockRows};
    };
    if (packs_on_the_way) {
      const Strided<T> left = r < in_blocks ? block_at(r) : a.From(r, i);
      ProductPacking(depth, alpha, left, part.data, part.row, start.From(r), to + r * ldc, ldc, width, panel);
      r += kBlockRows;
    }
    for (const size_t last = HWY_MIN(end, in_blocks); r < last; r += kBlockRows) {
      ProductPanel(kBlockRows, depth, alpha, block_at(r), right, ldb, start.From(r), to + r * ldc, ldc, width);
    }
    if (r == end) return;
    ProductPanel(end - r, depth, alpha, a.From(r, i), right, ldb, start.From(r), to + r * ldc, ldc, width);
  };
  // Of a large A one part at a time, which stays in the second-level cache until all panels of B have been multiplied
  // with it. The order of each number's sums is the same. (One call of `multiply`, since each is a lot of code.)
  const bool is_large = IsLarge<T>(m, k);
  const size_t terms = is_large ? kPanelDepth : k, part_rows = is_large ? kRules.part_rows : m;
  for (size_t first_term = 0; first_term < k; first_term += terms) {
    const size_t last_term = HWY_MIN(k, first_term + terms);
    for (size_t r = 0, end; r < m; r = end) {
      end = m - r < 2 * part_rows ? m : r + part_rows;
      for (size_t j = 0; j < n; j += panel_width) {
        for (size_t i = first_term; i < last_term; i += kPanelDepth) multiply(r, end, i, j);
      }
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
