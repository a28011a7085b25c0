// Attention of one step of a sequence: to the steps up to it, whose keys and values are kept from step to step, or to
// those of another sequence. Sums have the order that they have for the whole sequence, in ops/attention.cc.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/attention_step.cc"
#include "math/foreach_target.h"
//
#include "ops/attention-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// The operands of one call: one query for each row. A key's numbers lie `places` apart, each beside those of the other
// keys, so that a vector holds the scores of several keys; mask is rows × places or null.
template <class T>
struct StepAttention {
  const T *q, *keys, *values, *mask;
  size_t rows, heads, key_size, value_size;
  size_t places, count;  // for keys, and those that are looked at: the first ones
  T scale;
};

// scores[keys] = scale · q · keys, −∞ for those whose mask is 0, for the keys from `key` on
template <class T>
HWY_INLINE void StepScores(const StepAttention<T>& a, const T* q, const T* k, const T* mask, size_t key, size_t keys,
                           T* HWY_RESTRICT scores) {
  constexpr size_t kVectors = 4;
  const Tag<T> d;
  const size_t lanes = hn::Lanes(d);
  const auto scale = hn::Set(d, a.scale);
  size_t j = 0;
  for (; j + kVectors * lanes <= keys; j += kVectors * lanes) {
    hn::Vec<Tag<T>> sum[kVectors];
    for (size_t v = 0; v < kVectors; ++v) sum[v] = hn::Zero(d);
    for (size_t i = 0; i < a.key_size; ++i) {
      const auto left = hn::Set(d, q[i]);
      const T* row = k + i * a.places + key + j;
      for (size_t v = 0; v < kVectors; ++v) sum[v] = hn::MulAdd(left, hn::LoadU(d, row + v * lanes), sum[v]);
    }
    for (size_t v = 0; v < kVectors; ++v) hn::Store(hn::Mul(scale, sum[v]), d, scores + j + v * lanes);
  }
  for (; j < keys; j += lanes) {
    const size_t n = HWY_MIN(lanes, keys - j);
    auto sum = hn::Zero(d);
    for (size_t i = 0; i < a.key_size; ++i) {
      const T* row = k + i * a.places + key + j;
      sum = hn::MulAdd(hn::Set(d, q[i]), n == lanes ? hn::LoadU(d, row) : LoadFirst(d, row, n), sum);
    }
    hn::Store(hn::Mul(scale, sum), d, scores + j);
  }
  if (mask == nullptr) return;
  for (j = 0; j < keys; ++j) {
    if (mask[key + j] == 0) scores[j] = -std::numeric_limits<T>::infinity();
  }
}

// y[size] = Σ scores[j] · v[j], added to what y holds unless `first`
template <class T>
HWY_INLINE void AddValues(const T* scores, size_t keys, const T* v, size_t row, size_t size, bool first, T* y) {
  constexpr size_t kVectors = 4;
  const Tag<T> d;
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + kVectors * lanes <= size; i += kVectors * lanes) {
    hn::Vec<Tag<T>> sum[kVectors];
    for (size_t c = 0; c < kVectors; ++c) sum[c] = hn::Zero(d);
    for (size_t j = 0; j < keys; ++j) {
      const auto left = hn::Set(d, scores[j]);
      for (size_t c = 0; c < kVectors; ++c) {
        sum[c] = hn::MulAdd(left, hn::LoadU(d, v + j * row + i + c * lanes), sum[c]);
      }
    }
    for (size_t c = 0; c < kVectors; ++c) {
      T* to = y + i + c * lanes;
      hn::StoreU(first ? sum[c] : hn::Add(sum[c], hn::LoadU(d, to)), d, to);
    }
  }
  for (; i < size; i += lanes) {
    const size_t n = HWY_MIN(lanes, size - i);
    auto sum = hn::Zero(d);
    for (size_t j = 0; j < keys; ++j) {
      const T* from = v + j * row + i;
      sum = hn::MulAdd(hn::Set(d, scores[j]), n == lanes ? hn::LoadU(d, from) : LoadFirst(d, from, n), sum);
    }
    if (n == lanes) {
      hn::StoreU(first ? sum : hn::Add(sum, hn::LoadU(d, y + i)), d, y + i);
    } else {
      StoreFirst(first ? sum : hn::Add(sum, LoadFirst(d, y + i, n)), d, y + i, n);
    }
  }
}

template <class T>
HWY_INLINE void MultiplyValues(size_t n, T factor, T* y) {
  Map(
      n, y, [factor](auto d, auto v) { return hn::Mul(v, hn::Set(d, factor)); }, static_cast<const T*>(y));
}

template <class T>
HWY_INLINE T ExpOfOne(T x) {
  const hn::CappedTag<T, 1> d;
  return hn::GetLane(ExpOf(d, hn::Set(d, x)));
}

template <class T>
HWY_INLINE void StepOfHead(const StepAttention<T>& a, size_t row, size_t head, T* y) {
  constexpr T kNone = -std::numeric_limits<T>::infinity();
  HWY_ALIGN T scores[kKeyBlock + hn::MaxLanes(Tag<T>())];
  const size_t value_row = a.heads * a.value_size, item = row * a.heads + head;
  const T* q = a.q + item * a.key_size;
  const T* k = a.keys + item * a.key_size * a.places;
  const T* v = a.values + row * a.places * value_row + head * a.value_size;
  const T* mask = a.mask == nullptr ? nullptr : a.mask + row * a.places;
  T largest = kNone, sum = 0;
  for (size_t key = 0; key < a.count; key += kKeyBlock) {
    const size_t keys = HWY_MIN(kKeyBlock, a.count - key);
    StepScores(a, q, k, mask, key, keys, scores);
    const T before = largest;
    for (size_t j = 0; j < keys; ++j) largest = HWY_MAX(largest, scores[j]);
    // Where no key has counted yet, all e^… are 0.
    const T shift = largest == kNone ? T(0) : largest;
    Map(
        keys, scores, [shift](auto d, auto score) { return ExpOf(d, hn::Sub(score, hn::Set(d, shift))); },
        static_cast<const T*>(scores));
    if (key > 0) {
      const T factor = ExpOfOne(before - shift);
      sum *= factor;
      MultiplyValues(a.value_size, factor, y);
    }
    for (size_t j = 0; j < keys; ++j) sum += scores[j];
    AddValues(scores, keys, v + key * value_row, value_row, a.value_size, key == 0, y);
  }
  MultiplyValues(a.value_size, sum == 0 ? T(0) : T(1) / sum, y);
}

template <class T>
StepAttention<T> StepOf(const Array<const T>& q, const Array<const T>& keys, const Array<const T>& values,
                        Vector<const int32_t> position, const Array<T>& y, double heads, double causal, double scale) {
  Check(q.rank == 3 && keys.rank == 3 && values.rank == 3 && y.rank == 3, "Expected q, keys, values and y of rank 3");
  const auto count = static_cast<size_t>(heads);
  const size_t places = values.shape[1];
  Check(count > 0 && q.shape[2] % count == 0 && values.shape[2] % count == 0, "Expected features for each head");
  for (const Array<const T>* other : {&keys, &values}) CheckEqual("the rows kept", q.shape[0], other->shape[0]);
  CheckEqual("q's steps", size_t{1}, q.shape[1]);
  CheckEqual("keys' features", q.shape[2], keys.shape[1]);
  CheckEqual("keys' steps", places, keys.shape[2]);
  CheckEqual("y's rows", q.shape[0], y.shape[0]);
  CheckEqual("y's steps", size_t{1}, y.shape[1]);
  CheckEqual("y's features", values.shape[2], y.shape[2]);
  CheckEqual("position's size", size_t{1}, position.size);
  Check(position[0] >= 0, "Expected a position from 0 on");
  const auto seen = static_cast<size_t>(position[0]) + 1;
  return {q.data,
          keys.data,
          values.data,
          nullptr,
          q.shape[0],
          count,
          q.shape[2] / count,
          values.shape[2] / count,
          places,
          causal != 0 ? HWY_MIN(seen, places) : places,
          static_cast<T>(scale)};
}

template <class T>
void EachStep(Context& context, const StepAttention<T>& a, T* y) {
  const size_t items = a.rows * a.heads;
  if (items == 0) return;
  const size_t work = HWY_MAX(1, a.count * (a.key_size + a.value_size));
  const size_t each = HWY_MAX(1, kRules.tile_product / 4 / work);
  context.pool.ParallelFor((items + each - 1) / each, [&](size_t tile) {
    for (size_t i = tile * each; i < HWY_MIN(items, (tile + 1) * each); ++i) {
      StepOfHead(a, i / a.heads, i % a.heads, y + i * a.value_size);
    }
  });
}

// y = softmax(scale · q·keys)·values for each head: q is rows × 1 × features, keys are rows × features × places, values
// rows × places × features. A causal step looks at the places up to its position, another one at all.
template <class T>
void AttentionStep(Context& context, Array<const T> q, Array<const T> keys, Array<const T> values,
                   Vector<const int32_t> position, Array<T> y, double heads, double causal, double scale) {
  EachStep(context, StepOf(q, keys, values, position, y, heads, causal, scale), y.data);
}

// The same without the keys whose mask is 0.
template <class T>
void AttentionStepMasked(Context& context, Array<const T> q, Array<const T> keys, Array<const T> values,
                         Matrix<const T> mask, Vector<const int32_t> position, Array<T> y, double heads, double causal,
                         double scale) {
  StepAttention<T> a = StepOf(q, keys, values, position, y, heads, causal, scale);
  CheckEqual("mask's rows", a.rows, mask.rows);
  CheckEqual("mask's steps", a.places, mask.cols);
  a.mask = mask.data;
  EachStep(context, a, y.data);
}

// kept[i, :, position] = x[i, :] where `last` is not 0, else kept[i, position, :] = x[i, :]
template <class T>
void KeepStep(Context&, Matrix<const T> x, Vector<const int32_t> position, Array<T> kept, double last) {
  CheckEqual("kept's rank", size_t{3}, kept.rank);
  CheckEqual("position's size", size_t{1}, position.size);
  const size_t places = kept.shape[last != 0 ? 2 : 1];
  CheckEqual("kept's rows", x.rows, kept.shape[0]);
  CheckEqual("kept's features", x.cols, kept.shape[last != 0 ? 1 : 2]);
  Check(position[0] >= 0 && static_cast<size_t>(position[0]) < places, "Expected a position within what is kept");
  const auto at = static_cast<size_t>(position[0]);
  for (size_t i = 0; i < x.rows; ++i) {
    T* to = kept.data + i * x.cols * places;
    for (size_t j = 0; j < x.cols; ++j) to[last != 0 ? j * places + at : at * x.cols + j] = x.row(i)[j];
  }
}

BLASNET_KERNELS(AttentionStep) {
  registry.Add<&AttentionStep<float>, &AttentionStep<double>>(
      "attention_step", {"q", "keys", "values", "position", "y", "heads", "causal", "scale"});
  registry.Add<&AttentionStepMasked<float>, &AttentionStepMasked<double>>(
      "attention_step_masked", {"q", "keys", "values", "mask", "position", "y", "heads", "causal", "scale"});
  registry.Add<&KeepStep<float>, &KeepStep<double>>("keep_step", {"x", "position", "kept", "last"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(AttentionStep)
#endif
