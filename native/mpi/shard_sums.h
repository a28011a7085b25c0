#pragma once

#include <cstddef>

namespace blasnet::mpi {

// sum[count] = Σ over the shards of all ranks in their order, of own[own_shards × count]: each rank receives one piece
// of all shards, and adds it up. The same bits for any number of ranks that divides the shards. own and sum may be the
// same memory where there is one shard a rank. whole: all ranks get the pieces of all; otherwise sum has only the one
// of this rank, by Exchange::PieceBegin. As collective operations, on the engine's thread.
template <class T>
void SumShards(const T* own, size_t own_shards, size_t count, T* sum, bool whole);

// Bytes that sums hold for numbers of other ranks, from one sum to the next.
size_t HeldBytes();

}  // namespace blasnet::mpi
