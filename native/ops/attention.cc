// Scaled dot-product attention of several heads (Vaswani et al. 2017) without a matrix of all scores: the softmax goes
// by blocks of keys (Dao et al. 2022). What the backward pass needs of it is ln Σ eˢ of each query.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/attention.cc"
#include "math/foreach_target.h"
//
#include "ops/attention-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// Largest score and Σ e^(score − largest) of each query of a block, over the keys so far; what y is multiplied by for
// the next keys.
template <class T>
struct SoftmaxState {
  HWY_ALIGN T largest[kQueryNumbers];
  HWY_ALIGN T sum[kQueryNumbers];
  HWY_ALIGN T factor[kQueryNumbers];
};

// Makes scores e^(score − largest), and brings the state up to these keys.
template <bool kFirst, class T>
HWY_INLINE void TakeScores(const Attention<T>& a, const AttentionBlock& block, T* HWY_RESTRICT scores,
                           SoftmaxState<T>& state) {
  ForEachQueries<4, T>(block.queries, [&](auto d, auto count, size_t first) {
    constexpr size_t kVectors = count;
    using V = hn::Vec<decltype(d)>;
    const size_t lanes = hn::Lanes(d), pitch = a.block_pitch();
    const auto none = hn::Set(d, -std::numeric_limits<T>::infinity());
    V largest[kVectors], shift[kVectors], total[kVectors];
    for (size_t v = 0; v < kVectors; ++v) {
      largest[v] = kFirst ? none : hn::Load(d, state.largest + first + v * lanes);
    }
    for (size_t j = 0; j < block.keys; ++j) {
      const T* row = scores + j * pitch + first;
      for (size_t v = 0; v < kVectors; ++v) largest[v] = hn::Max(largest[v], hn::Load(d, row + v * lanes));
    }
    for (size_t v = 0; v < kVectors; ++v) {
      const size_t at = first + v * lanes;
      // Where no key has counted yet, all e^… are 0.
      shift[v] = hn::IfThenZeroElse(hn::Eq(largest[v], none), largest[v]);
      total[v] = hn::Zero(d);
      if constexpr (!kFirst) {
        const auto factor = ExpOf(d, hn::Sub(hn::Load(d, state.largest + at), shift[v]));
        hn::Store(factor, d, state.factor + at);
        total[v] = hn::Mul(factor, hn::Load(d, state.sum + at));
      }
      hn::Store(largest[v], d, state.largest + at);
    }
    for (size_t j = 0; j < block.keys; ++j) {
      T* row = scores + j * pitch + first;
      for (size_t v = 0; v < kVectors; ++v) {
        const auto e = ExpOf(d, hn::Sub(hn::Load(d, row + v * lanes), shift[v]));
        hn::Store(e, d, row + v * lanes);
        total[v] = hn::Add(total[v], e);
      }
    }
    for (size_t v = 0; v < kVectors; ++v) hn::Store(total[v], d, state.sum + first + v * lanes);
  });
}

// y[queries × size] = factor · y, a factor for each query
template <class T>
HWY_INLINE void ScaleQueries(const Attention<T>& a, size_t queries, const T* factor, T* y) {
  const Tag<T> d;
  for (size_t i = 0; i < queries; ++i) {
    T* to = y + i * a.value_row();
    const auto times = hn::Set(d, factor[i]);
    Map(
        a.value_size, to, [times](auto, auto v) { return hn::Mul(v, times); }, static_cast<const T*>(to));
  }
}

// Divides y by the sums, and writes their logarithms; +∞ for a query without keys, whose probabilities so become 0.
template <class T>
HWY_INLINE void Finish(const Attention<T>& a, size_t queries, SoftmaxState<T>& state, T* y, T* log_sum) {
  Map(
      queries, state.factor,
      [](auto d, auto sum) { return hn::IfThenZeroElse(hn::Eq(sum, hn::Zero(d)), hn::Div(hn::Set(d, T(1)), sum)); },
      static_cast<const T*>(state.sum));
  ScaleQueries(a, queries, state.factor, y);
  Map(
      queries, log_sum,
      [](auto d, auto sum, auto largest) {
        const auto all = hn::Add(largest, hn::Log(d, sum));
        return hn::IfThenElse(hn::Eq(sum, hn::Zero(d)), hn::Inf(d), hn::IfThenElse(hn::IsNaN(sum), sum, all));
      },
      static_cast<const T*>(state.sum), static_cast<const T*>(state.largest));
}

template <class T>
void Forward(Context& context, const Attention<T>& a, const Array<T>& y, Vector<T> log_sum) {
  Check(y.rank == 3, "Expected y of rank 3");
  CheckEqual("y's rows", a.rows, y.shape[0]);
  CheckEqual("y's steps", a.queries, y.shape[1]);
  CheckEqual("y's features", a.value_row(), y.shape[2]);
  CheckEqual("logSum's size", a.rows * a.heads * a.queries, log_sum.size);
  CheckDropout(a);
  const size_t turned = a.key_size * a.pitch();
  const size_t numbers = turned + HWY_MIN(a.keys, kKeyBlock) * a.block_pitch();
  ForEachHead(context, a, numbers, [&](size_t row, size_t head, T* memory) {
    T *queries = memory, *scores = queries + turned;
    const T* q = a.q + row * a.queries * a.query_row() + head * a.key_size;
    const T* k = a.k + row * a.keys * a.query_row() + head * a.key_size;
    const T* v = a.v + row * a.keys * a.value_row() + head * a.value_size;
    const T* mask = a.mask == nullptr ? nullptr : a.mask + row * a.keys;
    T* to = y.data + row * a.queries * a.value_row() + head * a.value_size;
    T* sums = log_sum.data + (row * a.heads + head) * a.queries;
    const size_t end = EndOfKeys(a, row);
    Turn(a, q, a.query_row(), a.key_size, queries);
    SoftmaxState<T> state;
    for (size_t query = 0; query < a.queries; query += kQueryBlock) {
      T* block_y = to + query * a.value_row();
      const size_t count = HWY_MIN(kQueryBlock, a.queries - query);
      size_t key = 0;
      for (AttentionBlock block = BlockOf(a, query, key, end); block.keys > 0; block = BlockOf(a, query, key, end)) {
        Scores(a, block, k, queries, mask, scores);
        Start<T> start{};
        if (key == 0) {
          TakeScores<true>(a, block, scores, state);
        } else {
          TakeScores<false>(a, block, scores, state);
          ScaleQueries(a, count, state.factor, block_y);
          start = {block_y, a.value_row()};
        }
        if (a.dropout.rate > 0) DropoutRow<T>(a, row, head).MultiplyInto(block, a.block_pitch(), scores);
        BlockedProduct<T>(count, a.value_size, block.keys, T(1), {scores, 1, a.block_pitch()}, nullptr,
                          {v + key * a.value_row(), a.value_row(), 1}, start, block_y, a.value_row());
        key += block.keys;
      }
      if (key == 0) {
        for (size_t i = 0; i < count; ++i) std::fill_n(block_y + i * a.value_row(), a.value_size, T(0));
        std::fill_n(state.sum, count, T(0));
        std::fill_n(state.largest, count, T(0));
      }
      Finish(a, count, state, block_y, sums + query);
    }
  });
}

// y = softmax(scale · q·kᵀ)·v for each head, where a causal query i looks at keys 0 to i; logSum is rows × heads ×
// queries.
template <class T>
void AttentionForward(Context& context, Array<const T> q, Array<const T> k, Array<const T> v, Array<T> y,
                      Vector<T> log_sum, double heads, double causal, double scale) {
  Forward(context, AttentionOf(q, k, v, heads, causal, scale), y, log_sum);
}

// The same without the keys whose mask is 0.
template <class T>
void AttentionMaskedForward(Context& context, Array<const T> q, Array<const T> k, Array<const T> v,
                            Matrix<const T> mask, Array<T> y, Vector<T> log_sum, double heads, double causal,
                            double scale) {
  Attention<T> a = AttentionOf(q, k, v, heads, causal, scale);
  TakeMask(mask, a);
  Forward(context, a, y, log_sum);
}

// The same with dropped probabilities.
template <class T>
void AttentionDropoutForward(Context& context, Array<const T> q, Array<const T> k, Array<const T> v,
                             Matrix<const T> mask, Array<T> y, Vector<T> log_sum, double heads, double causal,
                             double scale, double rate, double seed, double stream, double step) {
  Attention<T> a = AttentionOf(q, k, v, heads, causal, scale);
  TakeMask(mask, a);
  a.dropout = {rate, seed, stream, step};
  Forward(context, a, y, log_sum);
}

BLASNET_KERNELS(Attention) {
  registry
      .Add<&AttentionForward<float>, &AttentionForward<double>>(
          "attention_forward", {"q", "k", "v", "y", "logSum", "heads", "causal", "scale"})
      .ByRows({"q", "k", "v", "y", "logSum"});
  registry
      .Add<&AttentionMaskedForward<float>, &AttentionMaskedForward<double>>(
          "attention_masked_forward", {"q", "k", "v", "mask", "y", "logSum", "heads", "causal", "scale"})
      .ByRows({"q", "k", "v", "mask", "y", "logSum"});
  registry.Add<&AttentionDropoutForward<float>, &AttentionDropoutForward<double>>(
      "attention_dropout_forward",
      {"q", "k", "v", "mask", "y", "logSum", "heads", "causal", "scale", "rate", "seed", "stream", "step"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(Attention)
#endif
