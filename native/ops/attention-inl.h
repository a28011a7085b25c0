// The common parts of both passes of attention: its operands, the keys of a row, and scores by blocks of queries and
// keys.

#if defined(BLASNET_OPS_ATTENTION_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_OPS_ATTENTION_INL_H_
#undef BLASNET_OPS_ATTENTION_INL_H_
#else
#define BLASNET_OPS_ATTENTION_INL_H_
#endif

#include <algorithm>
#include <limits>
#include <type_traits>

#include "math/dropout_mask-inl.h"
#include "math/matmul-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// Queries and keys whose scores are in memory at once. Up to so many keys a query's softmax is taken in one go.
inline constexpr size_t kQueryBlock = 64, kKeyBlock = 128;
// Numbers for the queries of a block, in whole vectors
inline constexpr size_t kQueryNumbers = kQueryBlock + 2 * hn::MaxLanes(Tag<float>());

// Which probabilities are dropped; none where the rate is 0. The words for a key's queries begin with a block of
// Philox.
struct AttentionDropout {
  double rate = 0, seed = 0, stream = 0, step = 0;
};

// The operands of one call. q is [rows, queries, heads · key size], k [rows, keys, heads · key size], v [rows, keys,
// heads · value size], y [rows, queries, heads · value size]; mask is rows × keys or null, where all keys count.
template <class T>
struct Attention {
  const T *q, *k, *v, *mask;
  size_t rows, heads, queries, keys, key_size, value_size;
  bool causal;
  T scale;
  AttentionDropout dropout;

  size_t query_row() const { return heads * key_size; }
  size_t value_row() const { return heads * value_size; }
  // Scores lie by keys, each with its queries side by side, so that a vector holds those of several queries for one
  // key. Numbers in a row of turned queries, and of scores of a block: whole panels.
  size_t pitch() const { return RoundUpTo(queries); }
  size_t block_pitch() const { return HWY_MIN(pitch(), RoundUpTo(kQueryBlock)); }

  static size_t RoundUpTo(size_t n) {
    const size_t panel = 2 * hn::Lanes(Tag<T>());
    return (n + panel - 1) / panel * panel;
  }
};

template <class T>
Attention<T> AttentionOf(const Array<const T>& q, const Array<const T>& k, const Array<const T>& v, double heads,
                         double causal, double scale) {
  Check(q.rank == 3 && k.rank == 3 && v.rank == 3, "Expected q, k and v of rank 3");
  const auto count = static_cast<size_t>(heads);
  Check(count > 0 && q.shape[2] % count == 0 && v.shape[2] % count == 0, "Expected features for each head");
  CheckEqual("k's rows", q.shape[0], k.shape[0]);
  CheckEqual("v's rows", q.shape[0], v.shape[0]);
  CheckEqual("k's features", q.shape[2], k.shape[2]);
  CheckEqual("v's steps", k.shape[1], v.shape[1]);
  return {q.data,
          k.data,
          v.data,
          nullptr,
          q.shape[0],
          count,
          q.shape[1],
          k.shape[1],
          q.shape[2] / count,
          v.shape[2] / count,
          causal != 0,
          static_cast<T>(scale),
          {}};
}

template <class T>
void TakeMask(Matrix<const T> mask, Attention<T>& a) {
  CheckEqual("mask's rows", a.rows, mask.rows);
  CheckEqual("mask's steps", a.keys, mask.cols);
  a.mask = mask.data;
}

// Calls one(row, head, memory) for all of them on the pool's threads; memory is scratch of so many numbers.
template <class T, class F>
HWY_INLINE void ForEachHead(Context& context, const Attention<T>& a, size_t numbers, const F& one) {
  const size_t items = a.rows * a.heads;
  if (items == 0) return;
  const size_t work = HWY_MAX(1, a.queries * a.keys * (a.key_size + a.value_size));
  const size_t each = HWY_MAX(1, kRules.tile_product / 4 / work);
  const size_t tiles = (items + each - 1) / each;
  ScratchPieces pieces(context.pool.scratch(), HWY_MIN(tiles, context.pool.threads()), numbers * sizeof(T));
  context.pool.ParallelFor(tiles, [&](size_t tile) {
    const ScratchPieces::Piece piece(pieces);
    T* memory = reinterpret_cast<T*>(piece.data());
    for (size_t i = tile * each; i < HWY_MIN(items, (tile + 1) * each); ++i) one(i / a.heads, i % a.heads, memory);
  });
}

// The place behind the last key of a row that counts for any query.
template <class T>
HWY_INLINE size_t EndOfKeys(const Attention<T>& a, size_t row) {
  // A causal query looks at no key behind it.
  size_t end = a.causal ? HWY_MIN(a.keys, a.queries) : a.keys;
  if (a.mask != nullptr) {
    while (end > 0 && a.mask[row * a.keys + end - 1] == 0) --end;
  }
  return end;
}

// to[size × pitch] = from[queries × size, in rows of from_row] turned by 90 degrees, with zeros behind the last query
template <class T>
HWY_INLINE void Turn(const Attention<T>& a, const T* from, size_t from_row, size_t size, T* HWY_RESTRICT to) {
  constexpr size_t kSide = 16 / sizeof(T);
  const Tag<T> d;
  const size_t lanes = hn::Lanes(d), pitch = a.pitch(), whole = a.queries / kSide * kSide;
  const size_t last = a.queries / lanes * lanes;
  for (size_t j = 0; j < size; ++j) {
    for (size_t i = last; i < pitch; i += lanes) hn::Store(hn::Zero(d), d, to + j * pitch + i);
  }
  TransposeRows(from, from_row, whole, size, to, pitch);
  for (size_t i = whole; i < a.queries; ++i) {
    for (size_t j = 0; j < size; ++j) to[j * pitch + i] = from[i * from_row + j];
  }
}

// A block of queries and one of keys.
struct AttentionBlock {
  size_t query, queries, key, keys;
};

// The keys from `key` on that queries of a block look at.
template <class T>
HWY_INLINE AttentionBlock BlockOf(const Attention<T>& a, size_t query, size_t key, size_t end) {
  const size_t queries = HWY_MIN(kQueryBlock, a.queries - query);
  const size_t last = a.causal ? HWY_MIN(end, query + queries) : end;
  return {query, queries, key, last <= key ? 0 : HWY_MIN(kKeyBlock, last - key)};
}

// scores[keys × block pitch] = scale · k·qᵀ, and −∞ where a query does not look at a key; mask is that of the row, or
// null
template <class T>
HWY_INLINE void Scores(const Attention<T>& a, const AttentionBlock& block, const T* k, const T* turned_queries,
                       const T* mask, T* HWY_RESTRICT scores) {
  constexpr T kNone = -std::numeric_limits<T>::infinity();
  const size_t pitch = a.block_pitch(), width = a.RoundUpTo(block.queries);
  const Strided<T> left{k + block.key * a.query_row(), a.query_row(), 1};
  const Strided<T> right{turned_queries + block.query, a.pitch(), 1};
  BlockedProduct<T>(block.keys, width, a.key_size, a.scale, left, nullptr, right, {}, scores, pitch);
  if (mask != nullptr) {
    for (size_t j = 0; j < block.keys; ++j) {
      if (mask[block.key + j] == 0) std::fill_n(scores + j * pitch, width, kNone);
    }
  }
  if (!a.causal || block.key + block.keys <= block.query + 1) return;
  for (size_t j = 0; j < block.keys; ++j) {
    const size_t key = block.key + j;
    if (key > block.query) std::fill_n(scores + j * pitch, HWY_MIN(key - block.query, width), kNone);
  }
}

// Calls f(d, group, i) for groups of kVectors vectors of a block's queries while there are as many, then for single
// ones; i is the first query.
template <size_t kVectors, class T, class F>
HWY_INLINE void ForEachQueries(size_t queries, const F& f) {
  const Tag<T> d;
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + (kVectors - 1) * lanes < queries; i += kVectors * lanes) {
    f(d, std::integral_constant<size_t, kVectors>(), i);
  }
  for (; i < queries; i += lanes) f(d, std::integral_constant<size_t, 1>(), i);
}

// eˣ for x up to 0; NaN stays NaN. For float it has the accuracy of Cephes (Moshier 1992), an ulp or so, in less than
// half the time of Highway's, which also serves large and denormal results.
template <class D, class V>
HWY_INLINE V ExpOf(D d, V x) {
  if constexpr (sizeof(hn::TFromD<D>) == sizeof(float)) {
    const hn::RebindToSigned<D> whole;
    // eˣ = 2ⁿ·eʳ. Adding 1.5·2²³ + 127 rounds x / ln 2 to n + 127, which then stands in the lowest bits: the exponent
    // of 2ⁿ.
    const auto magic = hn::Set(d, 12583039.0f);
    const auto shifted = hn::MulAdd(x, hn::Set(d, 1.44269504088896341f), magic);
    const auto n = hn::Sub(shifted, magic);
    auto r = hn::NegMulAdd(n, hn::Set(d, 0.693359375f), x);
    r = hn::NegMulAdd(n, hn::Set(d, -2.12194440e-4f), r);
    auto p = hn::MulAdd(hn::Set(d, 1.9875691500e-4f), r, hn::Set(d, 1.3981999507e-3f));
    p = hn::MulAdd(p, r, hn::Set(d, 8.3334519073e-3f));
    p = hn::MulAdd(p, r, hn::Set(d, 4.1665795894e-2f));
    p = hn::MulAdd(p, r, hn::Set(d, 1.6666665459e-1f));
    p = hn::MulAdd(p, r, hn::Set(d, 5.0000001201e-1f));
    p = hn::MulAdd(p, r, hn::Set(d, 1.0f));
    p = hn::MulAdd(p, r, hn::Set(d, 1.0f));
    const auto power = hn::BitCast(d, hn::ShiftLeft<23>(hn::BitCast(whole, shifted)));
    return hn::IfThenZeroElse(hn::Lt(x, hn::Set(d, -87.0f)), hn::Mul(p, power));
  } else {
    return hn::IfThenElse(hn::IsNaN(x), x, hn::Exp(d, x));
  }
}

// The factors of the probabilities of a block's queries for one key after the other.
template <class T>
class DropoutRow {
 public:
  DropoutRow(const Attention<T>& a, size_t row, size_t head)
      : seed_(CounterOf(a.dropout.seed)),
        step_(CounterOf(a.dropout.step)),
        stream_(static_cast<uint32_t>(CounterOf(a.dropout.stream))),
        least_(LeastKept(a.dropout.rate)),
        kept_(static_cast<T>(1 / (1 - a.dropout.rate))),
        blocks_((a.queries + 3) / 4),
        first_((row * a.heads + head) * a.keys * blocks_) {}

  // Multiplies x[keys × pitch] by the factors.
  void MultiplyInto(const AttentionBlock& block, size_t pitch, T* HWY_RESTRICT x) {
    const Tag<T> d;
    const auto kept = hn::Set(d, kept_);
    for (size_t j = 0; j < block.keys; ++j) {
      PhiloxWords(seed_, stream_, step_, first_ + (block.key + j) * blocks_ + block.query / 4, block.queries, words_);
      T* row = x + j * pitch;
      for (size_t i = 0; i < block.queries; i += hn::Lanes(d)) {
        hn::Store(hn::Mul(hn::Load(d, row + i), MaskOf(d, words_ + i, least_, kept)), d, row + i);
      }
    }
  }

 private:
  uint64_t seed_, step_;
  uint32_t stream_, least_;
  T kept_;
  uint64_t blocks_, first_;
  HWY_ALIGN uint32_t words_[kQueryNumbers + kPhiloxWords];
};

template <class T>
void CheckDropout(const Attention<T>& a) {
  Check(a.dropout.rate >= 0 && a.dropout.rate < 1, "Expected a rate from 0 to 1, and not 1");
  Check(a.rows * a.heads * a.keys * ((a.queries + 3) / 4) < uint64_t{1} << 32,
        "Expected fewer probabilities than a random sequence has words");
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
