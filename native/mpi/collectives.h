#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/exchange.h"

namespace blasnet::mpi {

using Bytes = std::vector<unsigned char>;

// Collective operations. Each runs as a job on the engine's thread; all ranks must call them in the same order.
void Barrier();
// Gives all ranks the bytes of root.
void Broadcast(Bytes& bytes, int root);
// Returns the bytes of each rank, which may differ in length.
std::vector<Bytes> AllGather(const Bytes& bytes);

// sum[count] = Σ over the shards of all ranks in their order, of own[own_shards × count]: each rank receives one piece
// of all shards, adds it up, and gives its sum to all. The same bits for any number of ranks that divides the shards.
template <class T>
void SumShards(const T* own, size_t own_shards, size_t count, T* sum);

// Bytes that sums hold for numbers of other ranks, from one sum to the next.
size_t HeldBytes();

// Parts of memory, `bytes` for each rank, one after the other; each rank has its own.
void Gather(unsigned char* memory, const size_t* bytes);

// The functions for kernels, which wait for the engine's thread.
Exchange& Functions(int rank, int size);

}  // namespace blasnet::mpi
