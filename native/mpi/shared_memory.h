#pragma once

#include <mpi.h>

#include <cstddef>

namespace blasnet::mpi {

// Memory of each rank that all ranks of one machine read: an exchange by it copies numbers once where messages copy
// them twice. For jobs on the engine's thread; all ranks call its functions in the same order, with the same arguments.
class SharedMemory {
 public:
  // Whether all ranks have so many bytes each. Allocates them where they are more than before, which waits for all
  // ranks. False where the ranks are on several machines, or one of them has no memory left to share.
  bool Require(size_t bytes);

  // The memory of a rank.
  unsigned char* Of(int rank) const;

  // Waits until all ranks have called it: what they wrote before is then there for all to read.
  void Meet();

  // To be called by all ranks before MPI is left.
  void Free();

 private:
  // The ranks as those of one machine; null where there are several.
  MPI_Comm machine_ = MPI_COMM_NULL;
  MPI_Win window_ = MPI_WIN_NULL;
  size_t bytes_ = 0;
  bool is_tried_ = false, is_usable_ = false;
};

// That of this process.
SharedMemory& TheSharedMemory();

}  // namespace blasnet::mpi
