// Register blocks of a product: several rows of C times a few vectors of its columns.

#if defined(BLASNET_MATH_REGISTER_BLOCK_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_MATH_REGISTER_BLOCK_INL_H_
#undef BLASNET_MATH_REGISTER_BLOCK_INL_H_
#else
#define BLASNET_MATH_REGISTER_BLOCK_INL_H_
#endif

#include <hwy/cache_control.h>

#include <type_traits>
#include <utility>

#include "core/sizes.h"
#include "math/transpose-inl.h"

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

// What a product's sums are added to: row r starts at data + r · row; nothing where data is null. A descent takes them
// away from it, times a rate.
template <class T>
struct Start {
  const T* data;
  size_t row;
  bool descends = false;
  T rate = 0;
  Start From(size_t r) const { return {data == nullptr ? nullptr : data + r * row, row, descends, rate}; }
};

// start + alpha · sum, or start − rate · (alpha · sum) with the roundings of a gradient and of a step of plain SGD
enum class Onto { kNothing, kSums, kDescent };
template <Onto kOnto, class T, class V>
HWY_INLINE V Finished(const Start<T>& start, V alpha, V sum, V before) {
  if constexpr (kOnto != Onto::kDescent) return hn::MulAdd(alpha, sum, before);
  return hn::NegMulAdd(hn::Set(hn::DFromV<V>(), start.rate), hn::Mul(alpha, sum), before);
}
template <class T, class V>
HWY_INLINE V Finished(const Start<T>& start, V alpha, V sum, V before) {
  return start.descends ? Finished<Onto::kDescent>(start, alpha, sum, before)
                        : Finished<Onto::kSums>(start, alpha, sum, before);
}

// A vector of a row: the last one has only `tail` numbers if the row is masked.
template <bool kMasked, class D, class T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> LoadPart(D d, const T* from, bool is_last, size_t tail) {
  return kMasked && is_last ? LoadFirst(d, from, tail) : hn::LoadU(d, from);
}
template <bool kMasked, class D, class T = hn::TFromD<D>>
HWY_INLINE void StorePart(hn::Vec<D> v, D d, T* to, bool is_last, size_t tail) {
  if (kMasked && is_last) {
    StoreFirst(v, d, to, tail);
  } else {
    hn::StoreU(v, d, to);
  }
}

// Rows of the largest block: with two vectors of columns as many sums as keep both multipliers busy.
#if HWY_TARGET <= HWY_AVX3 || HWY_ARCH_ARM
inline constexpr size_t kBlockRows = 8;
#else
inline constexpr size_t kBlockRows = 4;
#endif

// Without it, compilers may leave a lambda a function of its own, to which vectors go through memory. Sanitizers add so
// much to each lambda that a file of products would take minutes to compile: there they are loops and functions.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define BLASNET_INLINE_LAMBDA
#define BLASNET_UNROLLS_BLOCKS 0
#else
#define BLASNET_INLINE_LAMBDA __attribute__((always_inline))
#define BLASNET_UNROLLS_BLOCKS 1
#endif

// Calls body(0), body(1) … with the number as a constant. Vectors of an array that are named by constants alone stay in
// registers; in loops, the compiler may keep the array in memory and store each sum after every term.
template <size_t... I, class Body>
HWY_INLINE void ForEachOf(std::index_sequence<I...>, const Body& body) {
  (body(std::integral_constant<size_t, I>()), ...);
}
template <size_t N, class Body>
HWY_INLINE void ForEach(const Body& body) {
  if constexpr (BLASNET_UNROLLS_BLOCKS) {
    ForEachOf(std::make_index_sequence<N>(), body);
  } else {
    for (size_t i = 0; i < N; ++i) body(i);
  }
}

// Terms whose rows of B, or of a transposed A, are asked for before their use. Those of a wide matrix lie in pages of
// their own, which the hardware does not fetch ahead, and the multiplications between two loads leave it little room to
// look ahead by itself.
inline constexpr size_t kTermsAhead = 24;

// C block [R × V vectors] = start + alpha · A·B over k terms. All sums stay in registers; B is read in row order.
// tail: numbers in the last vector (Lanes when it is a whole one, `kMasked` false).
// With kPacks, what was read of B goes to `packed` as well, V vectors for each term.
template <size_t R, size_t V, bool kMasked, bool kPacks = false, class D, class T = hn::TFromD<D>>
HWY_INLINE void ProductBlock(D d, size_t k, T alpha, Strided<T> a, const T* HWY_RESTRICT b, size_t ldb, Start<T> start,
                             T* c, size_t ldc, size_t tail, T* HWY_RESTRICT packed = nullptr) {
  const size_t lanes = hn::Lanes(d);
  hn::Vec<D> sum[R][V];
  ForEach<R>([&](auto r)
                 BLASNET_INLINE_LAMBDA { ForEach<V>([&](auto v) BLASNET_INLINE_LAMBDA { sum[r][v] = hn::Zero(d); }); });
  for (size_t terms = k; terms > 0; --terms) {
    if constexpr (kPacks) {
      ForEach<V>([&](auto v) BLASNET_INLINE_LAMBDA { hwy::Prefetch(b + kTermsAhead * ldb + v * lanes); });
    }
    if constexpr (R == kBlockRows && V == 2) hwy::Prefetch(a.data + kTermsAhead * a.col);
    hn::Vec<D> right[V];
    ForEach<V>([&](auto v) BLASNET_INLINE_LAMBDA {
      right[v] = LoadPart<kMasked>(d, b + v * lanes, v + 1 == V, tail);
      if constexpr (kPacks) hn::Store(right[v], d, packed + v * lanes);
    });
    ForEach<R>([&](auto r) BLASNET_INLINE_LAMBDA {
      const auto left = hn::Set(d, a.data[r * a.row]);
      ForEach<V>([&](auto v) BLASNET_INLINE_LAMBDA { sum[r][v] = hn::MulAdd(left, right[v], sum[r][v]); });
    });
    a.data += a.col;
    b += ldb;
    if constexpr (kPacks) packed += V * lanes;
  }
  const auto scale = hn::Set(d, alpha);
  const auto store = [&](auto onto) BLASNET_INLINE_LAMBDA {
    ForEach<R>([&](auto r) BLASNET_INLINE_LAMBDA {
      ForEach<V>([&](auto v) BLASNET_INLINE_LAMBDA {
        const bool is_last = v + 1 == V;
        auto before = hn::Zero(d);
        if constexpr (onto != Onto::kNothing) before = LoadPart<kMasked>(d, start.data + v * lanes, is_last, tail);
        StorePart<kMasked>(Finished<onto>(start, scale, sum[r][v], before), d, c + v * lanes, is_last, tail);
      });
      if constexpr (onto != Onto::kNothing) start.data += start.row;
      c += ldc;
    });
  };
  if (start.data == nullptr) {
    store(std::integral_constant<Onto, Onto::kNothing>());
  } else if (!start.descends) {
    store(std::integral_constant<Onto, Onto::kSums>());
  } else {
    store(std::integral_constant<Onto, Onto::kDescent>());
  }
}

// Rows r on of a panel of V vectors' width, in blocks of R rows and fewer.
template <size_t V, bool kMasked, size_t R = kBlockRows, class D, class T = hn::TFromD<D>>
HWY_INLINE void ProductRows(D d, size_t r, size_t m, size_t k, T alpha, Strided<T> a, const T* b, size_t ldb,
                            Start<T> start, T* c, size_t ldc, size_t tail) {
  for (; r + R <= m; r += R) {
    ProductBlock<R, V, kMasked>(d, k, alpha, a.From(r, 0), b, ldb, start.From(r), c + r * ldc, ldc, tail);
  }
  if constexpr (R > 1) ProductRows<V, kMasked, R / 2>(d, r, m, k, alpha, a, b, ldb, start, c, ldc, tail);
}

// From so many terms on a masked store counts little.
inline constexpr size_t kManyTerms = 64;

// A panel narrower than a vector, by ever narrower vectors of 2ⁿ numbers: a masked store takes longer than all the rest
// of a product of few terms.
template <size_t kLanes, class T>
HWY_INLINE void NarrowPanel(size_t m, size_t k, T alpha, Strided<T> a, const T* b, size_t ldb, Start<T> start, T* c,
                            size_t ldc, size_t width) {
  if constexpr (kLanes > 0) {
    if (width >= kLanes) {
      const hn::CappedTag<T, kLanes> d;
      ProductRows<1, false>(d, 0, m, k, alpha, a, b, ldb, start, c, ldc, kLanes);
      if (start.data != nullptr) start.data += kLanes;
      b += kLanes;
      c += kLanes;
      width -= kLanes;
    }
    if (width > 0) NarrowPanel<kLanes / 2>(m, k, alpha, a, b, ldb, start, c, ldc, width);
  }
}

// One panel of up to two vectors' width over all m rows.
template <class T>
HWY_INLINE void ProductPanel(size_t m, size_t k, T alpha, Strided<T> a, const T* b, size_t ldb, Start<T> start, T* c,
                             size_t ldc, size_t width) {
  const Tag<T> d;
  const size_t lanes = hn::Lanes(d);
  if (width == 2 * lanes) {
    ProductRows<2, false>(d, 0, m, k, alpha, a, b, ldb, start, c, ldc, lanes);
  } else if (width > lanes) {
    ProductRows<2, true>(d, 0, m, k, alpha, a, b, ldb, start, c, ldc, width - lanes);
  } else if (width == lanes) {
    ProductRows<1, false>(d, 0, m, k, alpha, a, b, ldb, start, c, ldc, lanes);
  } else if (k >= kManyTerms) {
    ProductRows<1, true>(d, 0, m, k, alpha, a, b, ldb, start, c, ldc, width);
  } else {
    NarrowPanel<hn::MaxLanes(Tag<T>()) / 2>(m, k, alpha, a, b, ldb, start, c, ldc, width);
  }
}

// The first block of rows of a panel of two vectors' width: packs the panel on the way, which costs next to nothing
// since the multipliers are what it waits for.
template <class T>
HWY_INLINE void ProductPacking(size_t k, T alpha, Strided<T> a, const T* b, size_t ldb, Start<T> start, T* c,
                               size_t ldc, size_t width, T* packed) {
  const Tag<T> d;
  const size_t lanes = hn::Lanes(d);
  if (width == 2 * lanes) {
    ProductBlock<kBlockRows, 2, false, true>(d, k, alpha, a, b, ldb, start, c, ldc, lanes, packed);
  } else {
    ProductBlock<kBlockRows, 2, true, true>(d, k, alpha, a, b, ldb, start, c, ldc, width - lanes, packed);
  }
}

using sizes::kPanelDepth;

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
  } else if (from.row == 1 && width * sizeof(T) % 16 == 0) {
    TransposeRows(from.data, from.col, width, depth, to, to_row);
  } else {
    for (size_t i = 0; i < depth; ++i) {
      for (size_t j = 0; j < width; ++j) to[i * to_row + j] = from.data[i * from.row + j * from.col];
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
