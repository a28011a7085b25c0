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

// Largest score and Σ e^(score − largest) of each query of a block, over the keys so far.
template <class T>
struct SoftmaxState {
  HWY_ALIGN T largest[kQueryBlock];
  HWY_ALIGN T sum[kQueryBlock];
};

// Makes scores e^(score − largest), and brings the state and y, [queries × size], up to these keys.
template <bool kFirst, class T>
HWY_INLINE void TakeScores(const Attention<T>& a, const AttentionBlock& block, T* HWY_RESTRICT scores, T* y,
                           SoftmaxState<T>& state, DropoutRow<T>* dropout) {
  const Tag<T> d;
  const size_t lanes = hn::Lanes(d), width = (block.keys + lanes - 1) / lanes * lanes;
  const auto none = hn::Set(d, -std::numeric_limits<T>::infinity());
  for (size_t i = 0; i < block.queries; ++i) {
    T* row = scores + i * a.block_pitch();
    auto largest = hn::Load(d, row);
    for (size_t j = lanes; j < width; j += lanes) largest = hn::Max(largest, hn::Load(d, row + j));
    largest = hn::MaxOfLanes(d, largest);
    if constexpr (!kFirst) largest = hn::Max(largest, hn::Set(d, state.largest[i]));
    const auto shift = hn::IfThenZeroElse(hn::Eq(largest, none), largest);
    auto total = hn::Zero(d);
    for (size_t j = 0; j < width; j += lanes) {
      const auto e = ExpOf(d, hn::Sub(hn::Load(d, row + j), shift));
      hn::Store(e, d, row + j);
      total = hn::Add(total, e);
    }
    total = hn::SumOfLanes(d, total);
    if constexpr (!kFirst) {
      const auto factor = ExpOf(d, hn::Sub(hn::Set(d, state.largest[i]), shift));
      total = hn::MulAdd(factor, hn::Set(d, state.sum[i]), total);
      T* to = y + i * a.value_row();
      Map(
          a.value_size, to, [factor](auto, auto v) { return hn::Mul(v, factor); }, static_cast<const T*>(to));
    }
    state.largest[i] = hn::GetLane(largest);
    state.sum[i] = hn::GetLane(total);
    if (dropout == nullptr) continue;
    dropout->Take(block, i);
    for (size_t j = 0; j < width; j += lanes) {
      hn::Store(hn::Mul(hn::Load(d, row + j), dropout->At(d, j)), d, row + j);
    }
  }
}

// Divides y by the sums, and writes their logarithms; +∞ for a query without keys, whose probabilities so become 0.
template <class T>
HWY_INLINE void Finish(const Attention<T>& a, size_t queries, SoftmaxState<T>& state, T* y, T* log_sum) {
  const Tag<T> d;
  for (size_t i = 0; i < queries; ++i) {
    T* to = y + i * a.value_row();
    const auto inverse = hn::Set(d, state.sum[i] == 0 ? T(0) : T(1) / state.sum[i]);
    Map(
        a.value_size, to, [inverse](auto, auto v) { return hn::Mul(v, inverse); }, static_cast<const T*>(to));
  }
  Map(
      queries, log_sum,
      [](auto own, auto sum, auto largest) {
        const auto all = hn::Add(largest, hn::Log(own, sum));
        return hn::IfThenElse(hn::Eq(sum, hn::Zero(own)), hn::Inf(own), hn::IfThenElse(hn::IsNaN(sum), sum, all));
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
  const size_t numbers = turned + a.pitch() + kQueryBlock * a.block_pitch();
  ForEachHead(context, a, numbers, [&](size_t row, size_t head, T* memory) {
    T *keys = memory, *bias = keys + turned, *scores = bias + a.pitch();
    const T* q = a.q + row * a.queries * a.query_row() + head * a.key_size;
    const T* k = a.k + row * a.keys * a.query_row() + head * a.key_size;
    const T* v = a.v + row * a.keys * a.value_row() + head * a.value_size;
    T* to = y.data + row * a.queries * a.value_row() + head * a.value_size;
    T* sums = log_sum.data + (row * a.heads + head) * a.queries;
    const size_t end = KeysOf(a, row, bias);
    Turn(a, k, a.query_row(), end, a.key_size, keys);
    DropoutRow<T> draws(a, row, head);
    DropoutRow<T>* dropout = a.dropout.rate > 0 ? &draws : nullptr;
    SoftmaxState<T> state;
    for (size_t query = 0; query < a.queries; query += kQueryBlock) {
      T* block_y = to + query * a.value_row();
      std::fill_n(state.sum, kQueryBlock, T(0));
      std::fill_n(state.largest, kQueryBlock, T(0));
      size_t key = 0;
      for (AttentionBlock block = BlockOf(a, query, key, end); block.keys > 0; block = BlockOf(a, query, key, end)) {
        Scores(a, block, q, keys, bias, scores);
        Start<T> start{};
        if (key == 0) {
          TakeScores<true>(a, block, scores, block_y, state, dropout);
        } else {
          TakeScores<false>(a, block, scores, block_y, state, dropout);
          start = {block_y, a.value_row()};
        }
        BlockedProduct<T>(block.queries, a.value_size, block.keys, T(1), {scores, a.block_pitch(), 1}, nullptr,
                          {v + key * a.value_row(), a.value_row(), 1}, start, block_y, a.value_row());
        key += block.keys;
      }
      const size_t queries = HWY_MIN(kQueryBlock, a.queries - query);
      if (key == 0) {
        for (size_t i = 0; i < queries; ++i) std::fill_n(block_y + i * a.value_row(), a.value_size, T(0));
      }
      Finish(a, queries, state, block_y, sums + query);
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
