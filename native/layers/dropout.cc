// Inverted dropout: y = mask · x and dx = mask · dy. The mask is a function of seed, stream, step and position alone.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "layers/dropout.cc"
#include "math/foreach_target.h"
//
#include "math/dropout_mask-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// Numbers whose random words are made before they are used: they stay in the first-level cache.
inline constexpr size_t kDropoutChunk = 1024;
static_assert(kMapTile % kDropoutChunk == 0 && kDropoutChunk % kPhiloxWords == 0);

// mask[i] = 0 with probability rate, else 1/(1 − rate); y[i] = mask[i] · x[i]. Number i takes word i of the sequence
// for seed, stream and step.
template <class T>
void DropoutForward(Context& context, Vector<const T> x, Vector<T> y, Vector<T> mask, double rate, double seed,
                    double stream, double step) {
  CheckEqual("y's size", x.size, y.size);
  CheckEqual("mask's size", x.size, mask.size);
  Check(rate >= 0 && rate < 1, "Expected a rate from 0 to 1, and not 1");
  Check(x.size / 4 < uint64_t{1} << 32, "Expected fewer numbers than a random sequence has words");
  const uint64_t key = CounterOf(seed), part = CounterOf(step);
  const auto sequence = static_cast<uint32_t>(CounterOf(stream));
  const uint32_t least = LeastKept(rate);
  const T scale = static_cast<T>(1 / (1 - rate));
  const size_t tiles = (x.size + kMapTile - 1) / kMapTile;
  context.pool.ParallelFor(tiles, [&](size_t tile) {
    const Tag<T> d;
    const auto kept = hn::Set(d, scale);
    const size_t lanes = hn::Lanes(d), end = HWY_MIN(x.size, (tile + 1) * kMapTile);
    HWY_ALIGN uint32_t words[kDropoutChunk];
    for (size_t first = tile * kMapTile; first < end; first += kDropoutChunk) {
      const size_t n = HWY_MIN(kDropoutChunk, end - first);
      PhiloxWords(key, sequence, part, first / 4, n, words);
      const T* from = x.data + first;
      T *to = y.data + first, *factors = mask.data + first;
      size_t i = 0;
      for (; i + lanes <= n; i += lanes) {
        const auto factor = MaskOf(d, words + i, least, kept);
        hn::StoreU(factor, d, factors + i);
        hn::StoreU(hn::Mul(factor, hn::LoadU(d, from + i)), d, to + i);
      }
      if (i == n) continue;
      const auto factor = MaskOf(d, words + i, least, kept);
      StoreFirst(factor, d, factors + i, n - i);
      StoreFirst(hn::Mul(factor, LoadFirst(d, from + i, n - i)), d, to + i, n - i);
    }
  });
}

// dx = mask · dy
template <class T>
void DropoutBackward(Context& context, Vector<const T> dy, Vector<const T> mask, Vector<T> dx) {
  CheckEqual("mask's size", dy.size, mask.size);
  CheckEqual("dx's size", dy.size, dx.size);
  ParallelMap(
      context, dy.size, dx.data, [](auto, auto factor, auto delta) { return hn::Mul(factor, delta); }, mask.data,
      dy.data);
}

BLASNET_KERNELS(Dropout) {
  registry.Add<&DropoutForward<float>, &DropoutForward<double>>("dropout_forward",
                                                                {"x", "y", "mask", "rate", "seed", "stream", "step"});
  registry.Add<&DropoutBackward<float>, &DropoutBackward<double>>("dropout_backward", {"dy", "mask", "dx"})
      .ByRows({"dy", "mask", "dx"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(Dropout)
#endif
