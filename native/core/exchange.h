#pragma once

#include <cstddef>
#include <cstdint>

namespace blasnet {

// Functions by which the processes of a run exchange numbers. An addon of its own implements them on MPI and hands a
// table of them over; kernels call them by the table's number. C types only, since two addons share it.
struct Exchange {
  static constexpr uint64_t kMagic = 0x33'58'45'54'4e'53'4c'42;  // "BLSNTEX3"
  static constexpr size_t kMostRanks = 4096;

  uint64_t magic;
  uint32_t rank, size;
  void* state;
  // sum[count] = the sum of the arrays own[own_shards × count] of all ranks, in the order of the shards; rank r has the
  // shards from r · own_shards on. own and sum may be the same memory where there is one shard a rank. is_double:
  // double rather than float. Where whole is 0, a rank gets its piece of the sum only, and the rest of sum is as it
  // was. Returns nullptr, or why it failed, a text that lives until the next call.
  const char* (*sum)(void* state, int is_double, const void* own, size_t own_shards, size_t count, void* sum,
                     int whole);
  // Gives all ranks the parts of memory that each of them has written: bytes[size] for each, one after the other.
  const char* (*gather)(void* state, void* memory, const size_t* bytes);
  // Begins such a sum and returns at once: own and sum are not to be touched before wait has returned.
  const char* (*begin_sum)(void* state, int is_double, const void* own, size_t own_shards, size_t count, void* sum,
                           int whole);
  // Waits for all sums that were begun.
  const char* (*wait)(void* state);

  // The first of an array's `count` numbers of `bytes` each in the piece of a rank, which ends where that of the next
  // rank begins; at lines of the cache, counted from the array's beginning.
  size_t PieceBegin(size_t of_rank, size_t count, size_t bytes) const {
    const size_t line = 64 / bytes;
    const size_t even = (of_rank * count / size + line - 1) / line * line;
    return of_rank == size || even > count ? count : even;
  }
};

// Numbers a table, which must live as long as the process. Throws InvalidArgument for anything else than a table.
size_t RegisterExchange(const Exchange* exchange);

// The table with that number. Throws InvalidArgument where there is none.
const Exchange& ExchangeAt(double number);

}  // namespace blasnet
