#include "mpi/shard_sums.h"

#include <mpi.h>

#include <algorithm>
#include <vector>

#include "mpi/collectives.h"
#include "mpi/engine.h"
#include "mpi/kernel_functions.h"

namespace blasnet::mpi {

namespace {

MPI_Datatype TypeOf(float) { return MPI_FLOAT; }
MPI_Datatype TypeOf(double) { return MPI_DOUBLE; }

// Memory of the one thread for numbers of other ranks; kept for the next step.
template <class T>
std::vector<T>& Received() {
  static std::vector<T>& received = *new std::vector<T>();
  return received;
}

// The sum of this rank's piece. Its messages are chunks: what was received of one is added up while the next one is on
// its way, and stays in the core's own cache until then.
template <class T>
class PieceSum {
 public:
  PieceSum(const T* own, size_t own_shards, size_t count, T* sum)
      : own_(own), own_shards_(own_shards), count_(count), sum_(sum) {
    constexpr size_t kHeld = (size_t{1} << 18) / sizeof(T), kLeast = (size_t{1} << 15) / sizeof(T);
    size_t longest = 0;
    for (size_t rank = 0; rank < ranks_; ++rank) longest = std::max(longest, Begin(rank + 1) - Begin(rank));
    others_ = (ranks_ - 1) * own_shards;
    chunk_ = std::min(longest, std::max(kLeast, kHeld / std::max<size_t>(1, others_)));
    chunks_ = chunk_ > 0 ? (longest + chunk_ - 1) / chunk_ : 0;
    Received<T>().resize((chunks_ > 1 ? 2 : 1) * others_ * chunk_);
  }

  void Run() {
    if (chunks_ > 0) Post(0);
    for (size_t chunk = 0; chunk < chunks_; ++chunk) {
      if (chunk + 1 < chunks_) Post(chunk + 1);
      Engine::Get().Wait(requests_[chunk % 2]);
      Add(chunk);
    }
  }

 private:
  size_t Begin(size_t rank) const { return functions_.PieceBegin(rank, count_, sizeof(T)); }
  // Of a chunk of a rank's piece; beyond the piece's end, chunks are empty.
  size_t BeginOf(size_t rank, size_t chunk) const { return std::min(Begin(rank) + chunk * chunk_, Begin(rank + 1)); }
  size_t LengthOf(size_t rank, size_t chunk) const { return BeginOf(rank, chunk + 1) - BeginOf(rank, chunk); }

  T* ReceivedOf(size_t rank, size_t shard, size_t chunk) const {
    const size_t index = (rank < me_ ? rank : rank - 1) * own_shards_ + shard;
    return Received<T>().data() + (chunk % 2 * others_ + index) * chunk_;
  }

  // Begins the messages of a chunk.
  void Post(size_t chunk) {
    const MPI_Comm comm = Engine::Get().comm();
    std::vector<MPI_Request>& requests = requests_[chunk % 2];
    const size_t mine = LengthOf(me_, chunk);
    for (size_t rank = 0; rank < ranks_; ++rank) {
      if (rank == me_) continue;
      const size_t theirs = LengthOf(rank, chunk);
      for (size_t shard = 0; shard < own_shards_; ++shard) {
        const int tag = static_cast<int>(shard), other = static_cast<int>(rank);
        if (mine > 0) {
          T* to = ReceivedOf(rank, shard, chunk);
          MPI_Request& in = requests.emplace_back(MPI_REQUEST_NULL);
          Engine::Check(MPI_Irecv(to, CountOf(mine), TypeOf(T()), other, tag, comm, &in), "MPI_Irecv");
        }
        if (theirs > 0) {
          const T* from = own_ + shard * count_ + BeginOf(rank, chunk);
          MPI_Request& out = requests.emplace_back(MPI_REQUEST_NULL);
          Engine::Check(MPI_Isend(from, CountOf(theirs), TypeOf(T()), other, tag, comm, &out), "MPI_Isend");
        }
      }
    }
  }

  void Add(size_t chunk) const {
    constexpr size_t kBlock = 2048;
    T block[kBlock];
    const size_t first = BeginOf(me_, chunk), length = LengthOf(me_, chunk);
    for (size_t at = 0; at < length; at += kBlock) {
      const size_t n = std::min(kBlock, length - at);
      for (size_t rank = 0; rank < ranks_; ++rank) {
        for (size_t shard = 0; shard < own_shards_; ++shard) {
          const T* from = (rank == me_ ? own_ + shard * count_ + first : ReceivedOf(rank, shard, chunk)) + at;
          if (rank + shard == 0) {
            std::copy(from, from + n, block);
          } else {
            for (size_t i = 0; i < n; ++i) block[i] += from[i];
          }
        }
      }
      std::copy(block, block + n, sum_ + first + at);
    }
  }

  const T* own_;
  size_t own_shards_, count_;
  T* sum_;
  const Exchange& functions_ = Functions(Engine::Get().world().rank, Engine::Get().world().size);
  size_t ranks_ = functions_.size, me_ = functions_.rank;
  size_t others_ = 0;  // arrays that are received
  size_t chunk_ = 0, chunks_ = 0;
  std::vector<MPI_Request> requests_[2];
};

}  // namespace

template <class T>
void SumShards(const T* own, size_t own_shards, size_t count, T* sum, bool whole) {
  PieceSum<T>(own, own_shards, count, sum).Run();
  if (!whole) return;
  const auto ranks = static_cast<size_t>(Engine::Get().world().size);
  const Exchange& functions = Functions(Engine::Get().world().rank, Engine::Get().world().size);
  std::vector<size_t> bytes(ranks);
  for (size_t rank = 0; rank < ranks; ++rank) {
    bytes[rank] =
        sizeof(T) * (functions.PieceBegin(rank + 1, count, sizeof(T)) - functions.PieceBegin(rank, count, sizeof(T)));
  }
  Gather(reinterpret_cast<unsigned char*>(sum), bytes.data());
}

template void SumShards<float>(const float*, size_t, size_t, float*, bool);
template void SumShards<double>(const double*, size_t, size_t, double*, bool);

size_t HeldBytes() {
  return Received<float>().capacity() * sizeof(float) + Received<double>().capacity() * sizeof(double);
}

}  // namespace blasnet::mpi
