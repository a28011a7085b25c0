#include "core/row_groups.h"

#include <algorithm>
#include <numeric>

namespace blasnet {

namespace {

// A product with more multiplications than this cuts itself into tiles by columns, so that each core keeps its part of
// the weights; still larger ones may be left to a BLAS, whose bits depend on the rows of a call.
constexpr size_t kLargeProduct = 1 << 22;
// Products of so large a factor are left to a BLAS where they have fewer rows than this (math/matmul-inl.h).
constexpr size_t kLargeFactor = 1 << 17;
constexpr size_t kFewRows = 32;
// Fewer rows than this leave register blocks half empty.
constexpr size_t kLeastRows = 8;
// A tile takes at least so many multiplications (about 15 µs on one core, since small products are slow), so that
// handing it over pays.
constexpr size_t kTileWork = 1 << 19;

bool Overlap(const Access& a, const Access& b) {
  return a.buffer == b.buffer && a.begin < b.end && b.begin < a.end && (a.writes || b.writes);
}

// Whether the calls must keep their order.
bool Conflict(const CallAccess& a, const CallAccess& b) {
  return std::any_of(a.accesses.begin(), a.accesses.end(), [&](const Access& x) {
    return std::any_of(b.accesses.begin(), b.accesses.end(), [&](const Access& y) { return Overlap(x, y); });
  });
}

// Whether what the calls share are the same rows, so that each row of the second call needs only that of the first.
bool SameRows(const CallAccess& a, const CallAccess& b) {
  return std::none_of(a.accesses.begin(), a.accesses.end(), [&](const Access& x) {
    return std::any_of(b.accesses.begin(), b.accesses.end(), [&](const Access& y) {
      return Overlap(x, y) && !(x.by_rows && y.by_rows && x.begin == y.begin && x.end == y.end);
    });
  });
}

bool FitsGroup(const CallAccess& call) { return call.rows > 1 && call.shared_numbers * call.rows <= kLargeProduct; }

void Measure(const std::vector<CallAccess>& calls, CallGroup& group) {
  size_t numbers = 0;
  group.least_rows = kLeastRows;
  for (const size_t i : group.calls) {
    numbers += calls[i].row_numbers + calls[i].shared_numbers;
    if (calls[i].shared_numbers > kLargeFactor) group.least_rows = kFewRows;
  }
  group.most_tiles = std::max<size_t>(1, std::min(group.rows / group.least_rows, group.rows * numbers / kTileWork));
}

}  // namespace

std::vector<CallGroup> GroupByRows(const std::vector<CallAccess>& calls) {
  std::vector<CallGroup> groups;
  std::vector<size_t> waiting(calls.size());
  std::iota(waiting.begin(), waiting.end(), size_t{0});
  while (!waiting.empty()) {
    CallGroup group{{waiting[0]}};
    std::vector<size_t> later;
    if (FitsGroup(calls[waiting[0]])) group.rows = calls[waiting[0]].rows;
    for (size_t w = 1; w < waiting.size(); ++w) {
      const CallAccess& call = calls[waiting[w]];
      const auto conflicts = [&](size_t i) { return Conflict(calls[i], call); };
      const auto same_rows = [&](size_t i) { return SameRows(calls[i], call); };
      if (group.rows > 0 && call.rows == group.rows && FitsGroup(call) &&
          std::none_of(later.begin(), later.end(), conflicts) &&
          std::all_of(group.calls.begin(), group.calls.end(), same_rows)) {
        group.calls.push_back(waiting[w]);
      } else {
        later.push_back(waiting[w]);
      }
    }
    if (group.calls.size() > 1) Measure(calls, group);
    groups.push_back(std::move(group));
    waiting = std::move(later);
  }
  return groups;
}

}  // namespace blasnet
