// What both passes of attention share: its operands, the keys of a row, and scores by blocks of queries and keys.

#if defined(BLASNET_OPS_ATTENTION_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_OPS_ATTENTION_INL_H_
#undef BLASNET_OPS_ATTENTION_INL_H_
#else
#define BLASNET_OPS_ATTENTION_INL_H_
#endif

#include <algorithm>
#include <limits>

#include "math/dropout_mask-inl.h"
#include "math/matmul-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// Queries and keys whose scores are in memory at once. Up to so many keys a row's softmax is taken in one go.
inline constexpr size_t kQueryBlock = 64, kKeyBlock = 128;

// Which probabilities are dropped; none where the rate is 0. The words for a query's keys begin with a block of Philox.
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
  // Numbers in a row of scores, of scores of a block, and of turned keys: whole panels.
  size_t pitch() const { return RoundUpTo(keys); }
  size_t block_pitch() const { return HWY_MIN(pitch(), kKeyBlock); }

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
  const size_t each = HWY_MAX(1, kTileProduct / 4 / work);
  const size_t tiles = (items + each - 1) / each;
  ScratchPieces pieces(context.pool.scratch(), HWY_MIN(tiles, context.pool.threads()), numbers * sizeof(T));
  context.pool.ParallelFor(tiles, [&](size_t tile) {
    const ScratchPieces::Piece piece(pieces);
    T* memory = reinterpret_cast<T*>(piece.data());
    for (size_t i = tile * each; i < HWY_MIN(items, (tile + 1) * each); ++i) one(i / a.heads, i % a.heads, memory);
  });
}

// Writes 0 to bias where a key counts and −∞ elsewhere, up to the end of the last panel that has a key that counts.
// Returns the place behind the last such key.
template <class T>
HWY_INLINE size_t KeysOf(const Attention<T>& a, size_t row, T* HWY_RESTRICT bias) {
  // A causal query looks at no key behind it.
  size_t end = a.causal ? HWY_MIN(a.keys, a.queries) : a.keys;
  constexpr T kNone = -std::numeric_limits<T>::infinity();
  if (a.mask == nullptr) {
    std::fill_n(bias, end, T(0));
  } else {
    const T* mask = a.mask + row * a.keys;
    while (end > 0 && mask[end - 1] == 0) --end;
    for (size_t j = 0; j < end; ++j) bias[j] = mask[j] == 0 ? kNone : T(0);
  }
  std::fill(bias + end, bias + a.RoundUpTo(end), kNone);
  return end;
}

// to[size × pitch] = from[count × size, in rows of from_row] turned by 90 degrees, with zeros up to the last panel's
// end.
template <class T>
HWY_INLINE void Turn(const Attention<T>& a, const T* from, size_t from_row, size_t count, size_t size,
                     T* HWY_RESTRICT to) {
  constexpr size_t kSide = 16 / sizeof(T);
  const size_t pitch = a.pitch(), whole = count / kSide * kSide, end = a.RoundUpTo(count);
  TransposeRows(from, from_row, whole, size, to, pitch);
  for (size_t j = 0; j < size; ++j) {
    T* row = to + j * pitch;
    for (size_t i = whole; i < count; ++i) row[i] = from[i * from_row + j];
    std::fill(row + count, row + end, T(0));
  }
}

// A block of queries and one of keys.
struct AttentionBlock {
  size_t query, queries, key, keys;
};

// scores[queries × block pitch] = scale · q·kᵀ, and −∞ for keys that do not count, up to the end of the last panel.
template <class T>
HWY_INLINE void Scores(const Attention<T>& a, const AttentionBlock& block, const T* q, const T* turned_keys,
                       const T* bias, T* HWY_RESTRICT scores) {
  const size_t pitch = a.block_pitch(), width = a.RoundUpTo(block.keys);
  const Strided<T> left{q + block.query * a.query_row(), a.query_row(), 1};
  const Strided<T> right{turned_keys + block.key, a.pitch(), 1};
  BlockedProduct<T>(block.queries, width, a.key_size, a.scale, left, nullptr, right, {bias + block.key, 0}, scores,
                    pitch);
  if (!a.causal || block.key + block.keys <= block.query + 1) return;
  for (size_t i = 0; i < block.queries; ++i) {
    const size_t first = HWY_MAX(block.key, block.query + i + 1) - block.key;
    if (first < width)
      std::fill(scores + i * pitch + first, scores + i * pitch + width, -std::numeric_limits<T>::infinity());
  }
}

// The keys from `key` on that queries of a block look at.
template <class T>
HWY_INLINE AttentionBlock BlockOf(const Attention<T>& a, size_t query, size_t key, size_t end) {
  const size_t queries = HWY_MIN(kQueryBlock, a.queries - query);
  const size_t last = a.causal ? HWY_MIN(end, query + queries) : end;
  return {query, queries, key, last <= key ? 0 : HWY_MIN(kKeyBlock, last - key)};
}

// eˣ; NaN stays NaN.
template <class D, class V>
HWY_INLINE V ExpOf(D d, V x) {
  return hn::IfThenElse(hn::IsNaN(x), x, hn::Exp(d, x));
}

// The factors of a query's probabilities for keys of a block.
template <class T>
class DropoutRow {
 public:
  DropoutRow(const Attention<T>& a, size_t row, size_t head)
      : seed_(CounterOf(a.dropout.seed)),
        step_(CounterOf(a.dropout.step)),
        stream_(static_cast<uint32_t>(CounterOf(a.dropout.stream))),
        least_(LeastKept(a.dropout.rate)),
        kept_(static_cast<T>(1 / (1 - a.dropout.rate))),
        blocks_((a.keys + 3) / 4),
        first_((row * a.heads + head) * a.queries * blocks_) {}

  void Take(const AttentionBlock& block, size_t query) {
    const uint64_t first = first_ + (block.query + query) * blocks_ + block.key / 4;
    PhiloxWords(seed_, stream_, step_, first, block.keys, words_);
  }
  template <class D>
  HWY_INLINE hn::Vec<D> At(D d, size_t i) const {
    return MaskOf(d, words_ + i, least_, hn::Set(d, kept_));
  }

 private:
  uint64_t seed_, step_;
  uint32_t stream_, least_;
  T kept_;
  uint64_t blocks_, first_;
  HWY_ALIGN uint32_t words_[kKeyBlock + kPhiloxWords];
};

template <class T>
void CheckDropout(const Attention<T>& a) {
  Check(a.dropout.rate >= 0 && a.dropout.rate < 1, "Expected a rate from 0 to 1, and not 1");
  Check(a.rows * a.heads * a.queries * ((a.keys + 3) / 4) < uint64_t{1} << 32,
        "Expected fewer probabilities than a random sequence has words");
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
