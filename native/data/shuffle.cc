// The order in which an epoch visits the rows.

#include <numeric>
#include <utility>

#include "core/philox.h"
#include "core/registry.h"

namespace blasnet {

namespace {

// order[n] = a permutation of 0 … n−1 that depends on seed, stream and epoch only, not on the epochs before it: a
// resumed run visits rows as the interrupted one would have. Fisher and Yates; each choice takes 64 random bits
// scaled to the range, so that no choice is favoured by more than n / 2^64.
template <class T>
void ShuffleOrder(Context&, Vector<int32_t> order, double seed, double stream, double epoch) {
  const Philox random(CounterOf(seed), static_cast<uint32_t>(CounterOf(stream)), CounterOf(epoch));
  std::iota(order.data, order.data + order.size, 0);
  Philox::Block words{};
  for (size_t i = order.size; i > 1; --i) {
    const size_t drawn = order.size - i;
    if (drawn % 2 == 0) words = random(static_cast<uint32_t>(drawn / 2));
    const size_t word = 2 * (drawn % 2);
    const uint64_t bits = (uint64_t{words[word]} << 32) | words[word + 1];
    const auto choice = static_cast<size_t>((static_cast<unsigned __int128>(bits) * i) >> 64);
    std::swap(order[i - 1], order[choice]);
  }
}

const KernelModule module([](Registry& registry) {
  registry.Add<&ShuffleOrder<float>, &ShuffleOrder<double>>("shuffle_order", {"order", "seed", "stream", "epoch"});
});

}  // namespace

}  // namespace blasnet
