#include "core/row_groups.h"

#include <algorithm>
#include <iterator>
#include <numeric>
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

bool FitsGroup(const CallAccess& call) {
  return call.rows > 1 && call.shared_numbers * call.rows <= kRules.large_product();
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
  return AddSideCalls(calls, std::move(groups));
}

}  // namespace blasnet
