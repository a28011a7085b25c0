#pragma once

// Which calls of a plan may run row by row: a chain of kernels for some samples, all the way, and then for others. So
// threads meet once for the chain and not after each kernel, and what one kernel wrote is in the cache of the core that
// reads it next. Where all the rows of a chain take more than that cache, one thread runs it part by part, too.

#include <cstddef>
#include <vector>

namespace blasnet {

// A tensor that a call reads or writes: bytes of a buffer.
struct Access {
  static constexpr size_t kUnknown = ~size_t{0};
  size_t buffer, begin, end;  // end: kUnknown for a port
  bool writes;
  bool by_rows;  // see Kernel::ByRows
};

// What is known of a call.
struct CallAccess {
  std::vector<Access> accesses;
  size_t rows = 0;  // 0 where the call is not by rows
  // Numbers of a row over all tensors by rows, and of all the others: about what a row takes, in multiplications.
  size_t row_numbers = 0, shared_numbers = 0;

  bool writes() const;
};

// Calls in order, by their index in the plan. More than one: they are all by rows, of that many rows or a multiple of
// it (a sequence is one row of attention, and a row for each step of a product).
struct CallGroup {
  std::vector<size_t> calls;
  size_t rows = 0;
  size_t least_rows = 1;  // in a tile
  size_t most_tiles = 1;  // for several threads
  // Tiles whose rows stay in the second-level cache. More than one: the group is cut so for any number of threads, and
  // may have large products, whose bits could depend on the cut.
  size_t near_tiles = 1;
  // Small calls for other threads while the group's only call, a large one, runs: neither needs what the other writes.
  std::vector<size_t> side_calls = {};
};

// The calls in an order that has the same effects, with chains by rows in one piece and small calls beside large ones.
std::vector<CallGroup> GroupByRows(const std::vector<CallAccess>& calls);

}  // namespace blasnet
