#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace blasnet::mpi {

using Bytes = std::vector<unsigned char>;

// The count of a message's numbers. Throws std::runtime_error where MPI's int has no room for it.
int CountOf(size_t count);

// Collective operations. Each runs as a job on the engine's thread; all ranks must call them in the same order.
void Barrier();
// Gives all ranks the bytes of root.
void Broadcast(Bytes& bytes, int root);
// Returns the bytes of each rank, which may differ in length.
std::vector<Bytes> AllGather(const Bytes& bytes);

// Gives all ranks the parts of memory that each of them has: `bytes` for each rank, one after the other.
void Gather(unsigned char* memory, const size_t* bytes);

}  // namespace blasnet::mpi
