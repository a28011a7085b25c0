// The derivatives of attention. Probabilities are computed again from scores and ln Σ eˢ, by blocks of queries and
// keys.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/attention_backward.cc"
#include "math/foreach_target.h"
//
#include "ops/attention-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

template <class T>
struct AttentionGradients {
  const T *y, *dy, *log_sum;
  T *dq, *dk, *dv;
  bool accumulate;
};

// dots[i] = Σ dy·y of each query: what softmax takes off the derivative of its probabilities, dropped ones included.
template <class T>
HWY_INLINE void Dots(const Attention<T>& a, const T* y, const T* dy, T* HWY_RESTRICT dots) {
  const Tag<T> d;
  const size_t lanes = hn::Lanes(d), n = a.value_size;
  for (size_t i = 0; i < a.queries; ++i) {
    const T *left = y + i * a.value_row(), *right = dy + i * a.value_row();
    auto sum = hn::Zero(d);
    size_t j = 0;
    for (; j + lanes <= n; j += lanes) sum = hn::MulAdd(hn::LoadU(d, left + j), hn::LoadU(d, right + j), sum);
    if (j < n) sum = hn::MulAdd(LoadFirst(d, left + j, n - j), LoadFirst(d, right + j, n - j), sum);
    dots[i] = hn::GetLane(hn::SumOfLanes(d, sum));
  }
  std::fill(dots + a.queries, dots + a.pitch(), T(0));
}

// Makes scores the probabilities p, and slopes, which hold the derivative by them, that by scores: p · (slope − dot).
template <class T>
HWY_INLINE void TakeSlopes(const Attention<T>& a, const AttentionBlock& block, const T* log_sum, const T* dots,
                           T* HWY_RESTRICT scores, T* HWY_RESTRICT slopes) {
  ForEachQueries<4, T>(block.queries, [&](auto d, auto count, size_t first) {
    constexpr size_t kVectors = count;
    using V = hn::Vec<decltype(d)>;
    const size_t lanes = hn::Lanes(d), pitch = a.block_pitch();
    V all[kVectors], dot[kVectors];
    for (size_t v = 0; v < kVectors; ++v) {
      all[v] = hn::Load(d, log_sum + first + v * lanes);
      dot[v] = hn::Load(d, dots + first + v * lanes);
    }
    for (size_t j = 0; j < block.keys; ++j) {
      for (size_t v = 0; v < kVectors; ++v) {
        const size_t at = j * pitch + first + v * lanes;
        // Roundings of large scores leave some above ln Σ eˢ.
        const auto score = hn::Sub(hn::Load(d, scores + at), all[v]);
        const auto p = ExpOf(d, hn::IfThenZeroElse(hn::Gt(score, hn::Zero(d)), score));
        hn::Store(p, d, scores + at);
        hn::Store(hn::Mul(p, hn::Sub(hn::Load(d, slopes + at), dot[v])), d, slopes + at);
      }
    }
  });
}

// Zeros in rows [first, end) of x, `size` numbers each, unless something is added to them.
template <class T>
HWY_INLINE void ClearRows(bool accumulate, size_t first, size_t end, size_t row, size_t size, T* x) {
  if (accumulate) return;
  for (size_t i = first; i < end; ++i) std::fill_n(x + i * row, size, T(0));
}

// to[m×n, in rows of `row`] = (to +) alpha · left[m×k] · right[k×n]
template <class T>
HWY_INLINE void Contribute(bool adds, size_t m, size_t n, size_t k, T alpha, Strided<T> left, Strided<T> right, T* to,
                           size_t row) {
  BlockedProduct<T>(m, n, k, alpha, left, nullptr, right, adds ? Start<T>{to, row} : Start<T>{}, to, row);
}

template <class T>
void Backward(Context& context, const Attention<T>& a, const AttentionGradients<T>& g) {
  CheckDropout(a);
  const size_t pitch = a.pitch(), part = HWY_MIN(a.keys, kKeyBlock) * a.block_pitch();
  // Numbers for each query: turned q and dy, logSum and dots.
  const size_t numbers = (a.key_size + a.value_size + 2) * pitch + 2 * part;
  ForEachHead(context, a, numbers, [&](size_t row, size_t head, T* memory) {
    T *queries = memory, *deltas = queries + a.key_size * pitch, *log_sum = deltas + a.value_size * pitch;
    T *dots = log_sum + pitch, *scores = dots + pitch, *slopes = scores + part;
    const size_t q_row = a.query_row(), v_row = a.value_row();
    const size_t q_at = row * a.queries * q_row + head * a.key_size, k_at = row * a.keys * q_row + head * a.key_size;
    const size_t y_at = row * a.queries * v_row + head * a.value_size;
    const size_t v_at = row * a.keys * v_row + head * a.value_size;
    const T *q = a.q + q_at, *k = a.k + k_at, *v = a.v + v_at, *dy = g.dy + y_at;
    const T* mask = a.mask == nullptr ? nullptr : a.mask + row * a.keys;
    T *dq = g.dq + q_at, *dk = g.dk + k_at, *dv = g.dv + v_at;
    const size_t end = EndOfKeys(a, row);
    ClearRows(g.accumulate, end, a.keys, q_row, a.key_size, dk);
    ClearRows(g.accumulate, end, a.keys, v_row, a.value_size, dv);
    if (end == 0) return ClearRows(g.accumulate, 0, a.queries, q_row, a.key_size, dq);
    Turn(a, q, q_row, a.key_size, queries);
    Turn(a, dy, v_row, a.value_size, deltas);
    std::copy_n(g.log_sum + (row * a.heads + head) * a.queries, a.queries, log_sum);
    std::fill(log_sum + a.queries, log_sum + pitch, std::numeric_limits<T>::infinity());
    Dots(a, g.y + y_at, dy, dots);
    for (size_t key = 0; key < end; key += kKeyBlock) {
      // Queries before the first key of the block do not look at it.
      const size_t first = a.causal ? key / kQueryBlock * kQueryBlock : 0;
      const size_t all = HWY_MIN(kKeyBlock, end - key);
      // The first block of queries writes what further ones add to.
      bool adds = g.accumulate;
      if (!adds && BlockOf(a, first, key, end).keys < all) {
        ClearRows(false, key, key + all, q_row, a.key_size, dk);
        ClearRows(false, key, key + all, v_row, a.value_size, dv);
        adds = true;
      }
      for (size_t query = first; query < a.queries; query += kQueryBlock, adds = true) {
        const AttentionBlock block = BlockOf(a, query, key, end);
        Scores(a, block, k, queries, mask, scores);
        BlockedProduct<T>(block.keys, a.RoundUpTo(block.queries), a.value_size, T(1), {v + key * v_row, v_row, 1},
                          nullptr, {deltas + query, pitch, 1}, {}, slopes, a.block_pitch());
        if (a.dropout.rate > 0) DropoutRow<T>(a, row, head).MultiplyInto(block, a.block_pitch(), slopes);
        TakeSlopes(a, block, log_sum + query, dots + query, scores, slopes);
        if (a.dropout.rate > 0) DropoutRow<T>(a, row, head).MultiplyInto(block, a.block_pitch(), scores);
        const Strided<T> p{scores, a.block_pitch(), 1}, ds{slopes, a.block_pitch(), 1};
        Contribute<T>(adds, block.keys, a.value_size, block.queries, T(1), p, {dy + query * v_row, v_row, 1},
                      dv + key * v_row, v_row);
        Contribute<T>(adds, block.keys, a.key_size, block.queries, a.scale, ds, {q + query * q_row, q_row, 1},
                      dk + key * q_row, q_row);
        Contribute<T>(g.accumulate || key > 0, block.queries, a.key_size, block.keys, a.scale,
                      {slopes, 1, a.block_pitch()}, {k + key * q_row, q_row, 1}, dq + query * q_row, q_row);
      }
    }
  });
}

// Where the forward pass wrote y and logSum. accumulate: whether dq, dk and dv are added to.
template <class T>
AttentionGradients<T> GradientsOf(const Attention<T>& a, const Array<const T>& y, Vector<const T> log_sum,
                                  const Array<const T>& dy, const Array<T>& dq, const Array<T>& dk, const Array<T>& dv,
                                  double accumulate) {
  CheckEqual("y's size", a.rows * a.queries * a.value_row(), y.size());
  CheckEqual("dy's size", y.size(), dy.size());
  CheckEqual("logSum's size", a.rows * a.heads * a.queries, log_sum.size);
  CheckEqual("dq's size", a.rows * a.queries * a.query_row(), dq.size());
  CheckEqual("dk's size", a.rows * a.keys * a.query_row(), dk.size());
  CheckEqual("dv's size", a.rows * a.keys * a.value_row(), dv.size());
  return {y.data, dy.data, log_sum.data, dq.data, dk.data, dv.data, accumulate != 0};
}

template <class T>
void AttentionBackward(Context& context, Array<const T> q, Array<const T> k, Array<const T> v, Array<const T> y,
                       Vector<const T> log_sum, Array<const T> dy, Array<T> dq, Array<T> dk, Array<T> dv, double heads,
                       double causal, double scale, double accumulate) {
  const Attention<T> a = AttentionOf(q, k, v, heads, causal, scale);
  Backward(context, a, GradientsOf(a, y, log_sum, dy, dq, dk, dv, accumulate));
}

template <class T>
void AttentionMaskedBackward(Context& context, Array<const T> q, Array<const T> k, Array<const T> v,
                             Matrix<const T> mask, Array<const T> y, Vector<const T> log_sum, Array<const T> dy,
                             Array<T> dq, Array<T> dk, Array<T> dv, double heads, double causal, double scale,
                             double accumulate) {
  Attention<T> a = AttentionOf(q, k, v, heads, causal, scale);
  TakeMask(mask, a);
  Backward(context, a, GradientsOf(a, y, log_sum, dy, dq, dk, dv, accumulate));
}

template <class T>
void AttentionDropoutBackward(Context& context, Array<const T> q, Array<const T> k, Array<const T> v,
                              Matrix<const T> mask, Array<const T> y, Vector<const T> log_sum, Array<const T> dy,
                              Array<T> dq, Array<T> dk, Array<T> dv, double heads, double causal, double scale,
                              double accumulate, double rate, double seed, double stream, double step) {
  Attention<T> a = AttentionOf(q, k, v, heads, causal, scale);
  TakeMask(mask, a);
  a.dropout = {rate, seed, stream, step};
  Backward(context, a, GradientsOf(a, y, log_sum, dy, dq, dk, dv, accumulate));
}

BLASNET_KERNELS(AttentionBackward) {
  registry
      .Add<&AttentionBackward<float>, &AttentionBackward<double>>(
          "attention_backward",
          {"q", "k", "v", "y", "logSum", "dy", "dq", "dk", "dv", "heads", "causal", "scale", "accumulate"})
      .ByRows({"q", "k", "v", "y", "logSum", "dy", "dq", "dk", "dv"});
  registry
      .Add<&AttentionMaskedBackward<float>, &AttentionMaskedBackward<double>>(
          "attention_masked_backward",
          {"q", "k", "v", "mask", "y", "logSum", "dy", "dq", "dk", "dv", "heads", "causal", "scale", "accumulate"})
      .ByRows({"q", "k", "v", "mask", "y", "logSum", "dy", "dq", "dk", "dv"});
  registry.Add<&AttentionDropoutBackward<float>, &AttentionDropoutBackward<double>>(
      "attention_dropout_backward", {"q", "k", "v", "mask", "y", "logSum", "dy", "dq", "dk", "dv", "heads", "causal",
                                     "scale", "accumulate", "rate", "seed", "stream", "step"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(AttentionBackward)
#endif
