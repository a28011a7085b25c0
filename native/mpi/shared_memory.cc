#include "mpi/shared_memory.h"

#include <atomic>
#include <cstdlib>
#include <string>

#include "mpi/collectives.h"
#include "mpi/engine.h"

namespace blasnet::mpi {

SharedMemory& TheSharedMemory() {
  static SharedMemory& memory = *new SharedMemory();
  return memory;
}

bool SharedMemory::Require(size_t bytes) {
  Engine& engine = Engine::Get();
  if (!is_tried_) {
    is_tried_ = true;
    const char* wanted = std::getenv("BLASNET_MPI_SHARED_MEMORY");
    int is_wanted = wanted == nullptr || std::string(wanted) != "0" ? 1 : 0, size = 0;
    MPI_Allreduce(MPI_IN_PLACE, &is_wanted, 1, MPI_INT, MPI_MIN, engine.comm());
    Engine::Check(MPI_Comm_split_type(engine.comm(), MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &machine_),
                  "MPI_Comm_split_type");
    MPI_Comm_size(machine_, &size);
    int is_one = size == engine.world().size ? is_wanted : 0;
    MPI_Allreduce(MPI_IN_PLACE, &is_one, 1, MPI_INT, MPI_MIN, engine.comm());
    is_usable_ = is_one == 1;
    MPI_Comm_set_errhandler(machine_, MPI_ERRORS_RETURN);
  }
  if (!is_usable_ || bytes <= bytes_) return is_usable_;
  if (window_ != MPI_WIN_NULL) {
    MPI_Win_unlock_all(window_);
    MPI_Win_free(&window_);
  }
  void* own = nullptr;
  int is_there =
      MPI_Win_allocate_shared(static_cast<MPI_Aint>(bytes), 1, MPI_INFO_NULL, machine_, &own, &window_) == MPI_SUCCESS;
  if (!is_there) window_ = MPI_WIN_NULL;
  MPI_Allreduce(MPI_IN_PLACE, &is_there, 1, MPI_INT, MPI_MIN, engine.comm());
  is_usable_ = is_there == 1;
  bytes_ = is_usable_ ? bytes : 0;
  if (is_usable_) Engine::Check(MPI_Win_lock_all(MPI_MODE_NOCHECK, window_), "MPI_Win_lock_all");
  return is_usable_;
}

unsigned char* SharedMemory::Of(int rank) const {
  MPI_Aint bytes = 0;
  int unit = 1;
  void* memory = nullptr;
  Engine::Check(MPI_Win_shared_query(window_, rank, &bytes, &unit, &memory), "MPI_Win_shared_query");
  return static_cast<unsigned char*>(memory);
}

void SharedMemory::Meet() {
  MPI_Win_sync(window_);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  Barrier();
  std::atomic_thread_fence(std::memory_order_seq_cst);
  MPI_Win_sync(window_);
}

void SharedMemory::Free() {
  if (is_usable_ && window_ != MPI_WIN_NULL) {
    MPI_Win_unlock_all(window_);
    MPI_Win_free(&window_);
  }
  if (machine_ != MPI_COMM_NULL) MPI_Comm_free(&machine_);
}

}  // namespace blasnet::mpi
