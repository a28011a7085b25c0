#include "core/row_groups.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <numeric>
#include <optional>
#include <set>
#include <utility>

#include "core/rules.h"
#include "core/sizes.h"

namespace blasnet {

namespace {

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

// Whether threads may divide the rows. Larger products cut themselves.
bool CanDivide(const CallAccess& call) {
  return call.rows > 1 && call.shared_numbers * call.rows <= kRules.large_product();
}

// Bytes of a group's tensors by rows, each counted once. Those of a port are not known.
size_t RowBytes(const std::vector<CallAccess>& calls, const CallGroup& group) {
  std::set<std::array<size_t, 3>> extents;
  for (const size_t i : group.calls) {
    for (const Access& access : calls[i].accesses) {
      if (!access.by_rows || access.end == Access::kUnknown) continue;
      extents.insert({access.buffer, access.begin, access.end});
    }
  }
  return std::accumulate(extents.begin(), extents.end(), size_t{0},
                         [](size_t sum, const auto& extent) { return sum + extent[2] - extent[1]; });
}

void Measure(const std::vector<CallAccess>& calls, CallGroup& group) {
  size_t numbers = 0;
  group.least_rows = kLeastRows;
  for (const size_t i : group.calls) {
    numbers += calls[i].row_numbers + calls[i].shared_numbers;
    if (calls[i].shared_numbers > kRules.large_factor) group.least_rows = sizes::kFewRows;
  }
  group.most_tiles = std::max<size_t>(1, std::min(group.rows / group.least_rows, group.rows * numbers / kTileWork));
}

void MeasureNear(const std::vector<CallAccess>& calls, CallGroup& group) {
  group.least_rows = 1;
  for (const size_t i : group.calls) {
    // Tiles of a large product should fill register blocks; a small one takes too little time for that to matter.
    if (calls[i].shared_numbers * calls[i].rows < kTileWork) continue;
    const size_t each = calls[i].rows / group.rows;
    group.least_rows = std::max(group.least_rows, (sizes::kFewRows + each - 1) / each);
  }
  const size_t tiles = (RowBytes(calls, group) + kRules.near_bytes - 1) / kRules.near_bytes;
  group.near_tiles = std::max<size_t>(1, std::min(tiles, group.rows / group.least_rows));
}

// The first of the waiting calls and those of the others that can run with it by rows; the rest stays in `waiting`.
// fits(group, call) says whether a call may join by its sizes, and changes the group's rows to what both can be cut in.
template <class F>
CallGroup TakeGroup(const std::vector<CallAccess>& calls, std::vector<size_t>& waiting, const F& fits) {
  CallGroup group{{waiting[0]}};
  if (!fits(group, calls[waiting[0]])) {
    waiting.erase(waiting.begin());
    return group;
  }
  std::vector<size_t> later;
  for (size_t w = 1; w < waiting.size(); ++w) {
    const CallAccess& call = calls[waiting[w]];
    const auto conflicts = [&](size_t i) { return Conflict(calls[i], call); };
    const auto same_rows = [&](size_t i) { return SameRows(calls[i], call); };
    if (std::none_of(later.begin(), later.end(), conflicts) &&
        std::all_of(group.calls.begin(), group.calls.end(), same_rows) && fits(group, call)) {
      group.calls.push_back(waiting[w]);
    } else {
      later.push_back(waiting[w]);
    }
  }
  waiting = std::move(later);
  return group;
}

// A group of equal numbers of rows, for threads to divide.
CallGroup TakeDivided(const std::vector<CallAccess>& calls, std::vector<size_t>& waiting) {
  CallGroup group = TakeGroup(calls, waiting, [](CallGroup& group, const CallAccess& call) {
    if (group.rows == 0) group.rows = call.rows;
    return call.rows == group.rows && CanDivide(call);
  });
  if (group.calls.size() > 1) Measure(calls, group);
  return group;
}

// A group that is worth running part by part, if the waiting calls begin with one. What all parts read, as weights, has
// to stay in the cache as well.
std::optional<CallGroup> TakeNear(const std::vector<CallAccess>& calls, std::vector<size_t>& waiting) {
  std::vector<size_t> rest = waiting;
  size_t shared_numbers = 0;
  CallGroup group = TakeGroup(calls, rest, [&](CallGroup& group, const CallAccess& call) {
    const size_t rows = std::gcd(group.rows, call.rows), shared = shared_numbers + call.shared_numbers;
    if (call.rows <= 1 || rows <= 1 || rows < std::min(group.rows, call.rows)) return false;
    if (shared * sizeof(float) > kRules.near_bytes / 4) return false;
    group.rows = rows;
    shared_numbers = shared;
    return true;
  });
  if (group.calls.size() == 1) return std::nullopt;
  MeasureNear(calls, group);
  if (group.near_tiles == 1) return std::nullopt;
  waiting = std::move(rest);
  return group;
}

size_t NumbersOf(const CallAccess& call) {
  return call.row_numbers * std::max<size_t>(call.rows, 1) + call.shared_numbers;
}

// Takes calls that stand alone, in a row and independent of each other, for one piece: the largest of them is the host
// of the small ones. Calls that write nothing are there to stop a run, and stay where they are.
std::vector<CallGroup> AddSideCalls(const std::vector<CallAccess>& calls, std::vector<CallGroup> groups) {
  const auto stands_alone = [&](const CallGroup& group) {
    return group.calls.size() == 1 && calls[group.calls[0]].writes();
  };
  std::vector<CallGroup> found;
  for (size_t first = 0, end; first < groups.size(); first = end) {
    const auto joins = [&](const CallGroup& group) {
      return stands_alone(group) &&
             std::all_of(groups.begin() + first, groups.begin() + end, [&](const CallGroup& other) {
               return stands_alone(other) && !Conflict(calls[other.calls[0]], calls[group.calls[0]]);
             });
    };
    for (end = first + 1; end < groups.size() && joins(groups[end]); ++end) {
    }
    const auto numbers = [&](const CallGroup& group) { return NumbersOf(calls[group.calls[0]]); };
    const auto host = std::max_element(groups.begin() + first, groups.begin() + end,
                                       [&](const CallGroup& a, const CallGroup& b) { return numbers(a) < numbers(b); });
    const bool has_host = numbers(*host) >= sizes::kSmallCall;
    for (auto group = groups.begin() + first; group != groups.begin() + end; ++group) {
      if (group == host || !has_host || numbers(*group) >= sizes::kSmallCall) continue;
      host->side_calls.push_back(group->calls[0]);
      group->calls.clear();
    }
    // Long ones first, lest one of them be all that is left in the end.
    std::stable_sort(host->side_calls.begin(), host->side_calls.end(),
                     [&](size_t a, size_t b) { return NumbersOf(calls[a]) > NumbersOf(calls[b]); });
    std::copy_if(groups.begin() + first, groups.begin() + end, std::back_inserter(found),
                 [](const CallGroup& group) { return !group.calls.empty(); });
  }
  return found;
}

}  // namespace

bool CallAccess::writes() const {
  return std::any_of(accesses.begin(), accesses.end(), [](const Access& access) { return access.writes; });
}

std::vector<CallGroup> GroupByRows(const std::vector<CallAccess>& calls) {
  std::vector<CallGroup> groups;
  std::vector<size_t> waiting(calls.size());
  std::iota(waiting.begin(), waiting.end(), size_t{0});
  while (!waiting.empty()) {
    std::optional<CallGroup> near = TakeNear(calls, waiting);
    groups.push_back(near ? std::move(*near) : TakeDivided(calls, waiting));
  }
  return AddSideCalls(calls, std::move(groups));
}

}  // namespace blasnet
