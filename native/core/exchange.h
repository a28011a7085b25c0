#pragma once

#include <cstddef>
#include <cstdint>

namespace blasnet {

// Functions by which the processes of a run exchange numbers. An addon of its own implements them on MPI and hands a
// table of them over; kernels call them by the table's number. C types only, since two addons share it.
struct Exchange {
  static constexpr uint64_t kMagic = 0x32'58'45'54'4e'53'4c'42;  // "BLSNTEX2"
  static constexpr size_t kMostRanks = 4096;

  uint64_t magic;
  uint32_t rank, size;
  void* state;
  // sum[count] = the sum of the arrays own[own_shards × count] of all ranks, in the order of the shards; rank r has the
  // shards from r · own_shards on. own and sum may be the same memory where there is one shard a rank. is_double:
  // double rather than float. Returns nullptr, or why it failed, a text that lives until the next call.
  const char* (*sum)(void* state, int is_double, const void* own, size_t own_shards, size_t count, void* sum);
  // Gives all ranks the parts of memory that each of them has written: bytes[size] for each, one after the other.
  const char* (*gather)(void* state, void* memory, const size_t* bytes);
  // Begins such a sum and returns at once: own and sum are not to be touched before wait has returned.
  const char* (*begin_sum)(void* state, int is_double, const void* own, size_t own_shards, size_t count, void* sum);
  // Waits for all sums that were begun.
  const char* (*wait)(void* state);
};

// Numbers a table, which must live as long as the process. Throws InvalidArgument for anything else than a table.
size_t RegisterExchange(const Exchange* exchange);

// The table with that number. Throws InvalidArgument where there is none.
const Exchange& ExchangeAt(double number);

}  // namespace blasnet
