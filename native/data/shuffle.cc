// The order in which an epoch visits the rows.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "data/shuffle.cc"
#include "math/foreach_target.h"
//
#include <numeric>
#include <utility>

#include "math/philox-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// Choices whose random words are drawn at once, an even number; each takes two of a block's four words.
inline constexpr size_t kDrawnChoices = 512;

// order[n] = a permutation of 0 … n−1 that depends on seed, stream and epoch only, not on the epochs before it: a
// resumed run visits rows as the interrupted one would have. Fisher and Yates; each choice takes 64 random bits
// scaled to the range, so that no choice is favoured by more than n / 2^64.
template <class T>
void ShuffleOrder(Context&, Vector<int32_t> order, double seed, double stream, double epoch) {
  const uint64_t key = CounterOf(seed), step = CounterOf(epoch);
  const auto sequence = static_cast<uint32_t>(CounterOf(stream));
  std::iota(order.data, order.data + order.size, 0);
  uint32_t words[2 * kDrawnChoices + kPhiloxWords];
  for (size_t first = 0; first + 1 < order.size; first += kDrawnChoices) {
    const size_t count = HWY_MIN(kDrawnChoices, order.size - 1 - first);
    PhiloxWords(key, sequence, step, first / 2, 2 * count, words);
    for (size_t drawn = 0; drawn < count; ++drawn) {
      const size_t left = order.size - first - drawn;
      const uint64_t bits = (uint64_t{words[2 * drawn]} << 32) | words[2 * drawn + 1];
      const auto choice = static_cast<size_t>((static_cast<unsigned __int128>(bits) * left) >> 64);
      std::swap(order[left - 1], order[choice]);
    }
  }
}

BLASNET_KERNELS(Shuffle) {
  registry.Add<&ShuffleOrder<float>, &ShuffleOrder<double>>("shuffle_order", {"order", "seed", "stream", "epoch"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(Shuffle)
#endif
