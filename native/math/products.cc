// Products of matrices by register blocks, by the BLAS, and of a single row: a lot of code, which is compiled once for
// all kernels.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "math/products.cc"
#include "math/foreach_target.h"
//
#include <algorithm>
#include <cstring>

#include "math/gemm.h"
#include "math/matmul-inl.h"
#include "math/part_sums-inl.h"
#include "math/row_product-inl.h"
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
void BlockedProduct(size_t m, size_t n, size_t k, T alpha, Strided<T> a, const T* blocks, Strided<T> b, Start<T> first,
                    T* c, size_t ldc) {
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
  // with it; of many terms some at a time if C stays in the cache meanwhile. The order of each number's sums is the
  // same. (One call of `multiply`, since each is a lot of code.)
  const bool is_large = IsLarge<T>(m, k);
  const bool by_terms = is_large || (k > kPanelDepth && m * n * sizeof(T) <= kRules.near_bytes / 8);
  const size_t terms = by_terms ? kPanelDepth : k, part_rows = is_large ? kRules.part_rows : m;
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

template <class T>
void PanelProduct(size_t m, size_t k, T alpha, Strided<T> a, const T* b, size_t ldb, Start<T> start, T* c, size_t ldc,
                  size_t width) {
  ProductPanel(m, k, alpha, a, b, ldb, start, c, ldc, width);
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

// Whether A is worth a copy in blocks: a transposed one whose rows lie so far apart that the hardware does not fetch
// them ahead, and which are many or share few lines of the cache; one in rows where each panel of B would read it from
// beyond the second-level cache.
template <class T>
HWY_INLINE bool WantsBlocks(Strided<T> a, size_t m, size_t n, size_t k) {
  if (a.col == 1) return IsLarge<T>(m, k) && n >= 4 * kTileAlign;
  const size_t row = a.col * sizeof(T);
  return a.row == 1 && row >= kFarRows && (k > 64 || row % 1024 == 0) && m * n * k >= kRules.tile_product;
}

// A as BlockedProduct likes it, in scratch that `packed` holds; null where A is as good.
template <class T>
const T* BlocksOf(Context& context, Strided<T> a, size_t m, size_t n, size_t k, std::optional<Scratch::Block>& packed) {
  if (!WantsBlocks(a, m, n, k) || HasFewColumns(m, n, k, a)) return nullptr;
  constexpr size_t kEach = 16;
  const size_t count = m / kBlockRows;
  T* blocks = reinterpret_cast<T*>(packed.emplace(context.pool.scratch(), m * k * sizeof(T)).data());
  context.pool.ParallelFor((count + kEach - 1) / kEach, [&](size_t tile) {
    const size_t at = tile * kEach;
    PackBlocks(a.From(at * kBlockRows, 0), HWY_MIN(kEach, count - at), k, blocks + at * kBlockRows * k);
  });
  return blocks;
}

// The same sums as in a BlockedProduct.
template <class T>
void NarrowProduct(size_t m, size_t n, size_t k, T alpha, Strided<T> a, Strided<T> b, Start<T> first, T* c) {
  NarrowPanel<hn::MaxLanes(Tag<T>()) / 2>(m, k, alpha, a, b.data, b.row, first, c, n, n);
}

// Whether a gradient of weights has so many terms, and is so small, that parts of the terms are summed by themselves:
// tiles of C would each read all of A or of B, which take more than the cache. Only where A is transposed: a row of the
// other products has the same bits whatever rows it is computed with.
template <class T>
HWY_INLINE bool IsDeep(size_t m, size_t n, size_t k, Strided<T> a) {
  return a.col != 1 && k >= 4 * kPanelDepth && m * n * sizeof(T) <= kRules.near_bytes / 8 &&
         m * n * k > kRules.large_product();
}

// c[m×n] = first + alpha · Σ over parts of the terms, in order
template <class T>
HWY_NOINLINE void DeepProduct(Context& context, size_t m, size_t n, size_t k, T alpha, Strided<T> a, Strided<T> b,
                              Start<T> first, T* c) {
  const size_t most = HWY_MIN(kMostTiles, m * n * k / kRules.tile_product);
  const size_t length = (k / most + kPanelDepth - 1) / kPanelDepth * kPanelDepth, count = (k + length - 1) / length;
  const Scratch::Block memory(context.pool.scratch(), count * m * n * sizeof(T));
  T* const parts = reinterpret_cast<T*>(memory.data());
  context.pool.ParallelFor(count, [&](size_t part) {
    const size_t at = part * length;
    BlockedProduct<T>(m, n, HWY_MIN(length, k - at), alpha, a.From(0, at), nullptr, b.From(at, 0), {},
                      parts + part * m * n, n);
  });
  const Matrix<T> all{parts, count, m * n};
  if (first.data == nullptr) return SumParts(context, all, 0, m * n, c);
  for (size_t i = 0; i < m; ++i) {
    T* const sums = parts + i * n;
    SumPart(all, i * n, n, sums);
    Map(
        n, c + i * n, [](auto, auto before, auto sum) { return hn::Add(before, sum); }, first.From(i).data,
        static_cast<const T*>(sums));
  }
}

template <class T>
void WideProduct(Context& context, size_t m, size_t n, size_t k, T alpha, Strided<T> a, Strided<T> b, Start<T> first,
                 T* c) {
  if (b.col == 1 && IsRow(m, n, k)) {
    return RowProduct(context, {k, alpha, a.data, a.col, b.data, b.row}, n, first.data, c);
  }
  if (IsDeep(m, n, k, a)) return DeepProduct(context, m, n, k, alpha, a, b, first, c);
  const bool blocked = IsBlocked(m, n, k);
  // Tiles of few rows would each pack all of B again. A layer's gradient is cut as its forward product is: so a core
  // goes on with the weights that it has in its cache. A gradient of many more rows than columns is cut by rows, since
  // tiles of columns would each read all of A.
  const bool by_columns = n >= m || n >= 4 * kTileAlign || (a.col != 1 && n >= 2 * kTileAlign && m < 64 * n);
  const Tiling tiling = TilesOf(by_columns ? n : m, m * n * k);
  std::optional<Scratch::Block> packed;
  const T* blocks = blocked ? BlocksOf(context, a, m, n, k, packed) : nullptr;
  context.pool.ParallelFor(tiling.count, [&](size_t tile) {
    const size_t at = tile * tiling.length;
    const size_t rows = by_columns ? m : HWY_MIN(tiling.length, m - at);
    const size_t columns = by_columns ? HWY_MIN(tiling.length, n - at) : n;
    const Strided<T> left = by_columns ? a : a.From(at, 0), right = by_columns ? b.From(0, at) : b;
    Start<T> start = by_columns ? first : first.From(at);
    if (by_columns && first.data != nullptr) start.data += at;
    T* to = by_columns ? c + at : c + at * n;
    if (blocked) {
      const T* own = blocks == nullptr || by_columns ? blocks : blocks + at * k;
      BlockedProduct(rows, columns, k, alpha, left, own, right, start, to, n);
    } else {
      BlasProduct(rows, columns, k, alpha, left, right, start.data, to, n);
    }
  });
}

#define BLASNET_PRODUCTS_OF(T)                                                                                     \
  template void BlockedProduct(size_t, size_t, size_t, T, Strided<T>, const T*, Strided<T>, Start<T>, T*, size_t); \
  template void PanelProduct(size_t, size_t, T, Strided<T>, const T*, size_t, Start<T>, T*, size_t, size_t);       \
  template const T* BlocksOf(Context&, Strided<T>, size_t, size_t, size_t, std::optional<Scratch::Block>&);        \
  template void NarrowProduct(size_t, size_t, size_t, T, Strided<T>, Strided<T>, Start<T>, T*);                    \
  template void WideProduct(Context&, size_t, size_t, size_t, T, Strided<T>, Strided<T>, Start<T>, T*)
BLASNET_PRODUCTS_OF(float);
BLASNET_PRODUCTS_OF(double);
#undef BLASNET_PRODUCTS_OF

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();
