// Batches of sequences of like length, in a random order.

#include <algorithm>
#include <numeric>
#include <vector>

#include "core/registry.h"

namespace blasnet {

namespace {

// Batches among which rows are exchanged: enough that rows of a batch are alike, few enough that batches stay random.
constexpr size_t kWindowBatches = 64;

// Brings a random order of rows into batches of like length: within each window of batches rows are sorted by their
// lengths, and the batches then take the places that the first of their rows had. The rows of a shorter last batch stay
// where they are.
template <class T>
void OrderByLength(Context&, Vector<const int32_t> lengths, Vector<int32_t> order, double batch_rows) {
  CheckEqual("lengths' size", order.size, lengths.size);
  Check(batch_rows >= 1, "Expected at least one row in a batch");
  const auto each = static_cast<size_t>(batch_rows);
  const size_t whole = order.size / each * each;
  for (size_t i = 0; i < order.size; ++i) {
    Check(order[i] >= 0 && static_cast<size_t>(order[i]) < lengths.size, "Expected an order of the rows");
  }
  std::vector<size_t> places, batches;
  std::vector<int32_t> rows;
  for (size_t first = 0; first < whole; first += kWindowBatches * each) {
    const size_t count = std::min(kWindowBatches * each, whole - first);
    places.resize(count);
    std::iota(places.begin(), places.end(), size_t{0});
    std::stable_sort(places.begin(), places.end(),
                     [&](size_t a, size_t b) { return lengths[order[first + a]] < lengths[order[first + b]]; });
    // A batch's first place in the random order is as random as that is.
    const auto first_place = [&](size_t batch) {
      return *std::min_element(places.begin() + batch * each, places.begin() + (batch + 1) * each);
    };
    batches.resize(count / each);
    std::iota(batches.begin(), batches.end(), size_t{0});
    std::sort(batches.begin(), batches.end(), [&](size_t a, size_t b) { return first_place(a) < first_place(b); });
    rows.clear();
    for (const size_t batch : batches) {
      for (size_t i = 0; i < each; ++i) rows.push_back(order[first + places[batch * each + i]]);
    }
    std::copy(rows.begin(), rows.end(), order.data + first);
  }
}

const KernelModule module([](Registry& registry) {
  registry.Add<&OrderByLength<float>, &OrderByLength<double>>("order_by_length", {"lengths", "order", "batchRows"});
});

}  // namespace

}  // namespace blasnet
