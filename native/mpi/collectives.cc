#include "mpi/collectives.h"

#include <algorithm>
#include <climits>
#include <numeric>
#include <stdexcept>
#include <string>

#include "mpi/engine.h"

namespace blasnet::mpi {

int CountOf(size_t count) {
  if (count > INT_MAX) throw std::runtime_error("Expected fewer than 2^31 numbers for one message");
  return static_cast<int>(count);
}

namespace {

void WaitFor(MPI_Request request) {
  std::vector<MPI_Request> requests{request};
  Engine::Get().Wait(requests);
}

std::vector<int> PlacesOf(const std::vector<int>& counts) {
  std::vector<int> places;
  size_t next = 0;
  for (const int count : counts) {
    places.push_back(CountOf(next));
    next += static_cast<size_t>(count);
  }
  CountOf(next);
  return places;
}

}  // namespace

void Barrier() {
  MPI_Request request = MPI_REQUEST_NULL;
  Engine::Check(MPI_Ibarrier(Engine::Get().comm(), &request), "MPI_Ibarrier");
  WaitFor(request);
}

void Broadcast(Bytes& bytes, int root) {
  Engine& engine = Engine::Get();
  uint64_t size = bytes.size();
  MPI_Request request = MPI_REQUEST_NULL;
  Engine::Check(MPI_Ibcast(&size, 1, MPI_UINT64_T, root, engine.comm(), &request), "MPI_Ibcast");
  WaitFor(request);
  bytes.resize(size);
  Engine::Check(MPI_Ibcast(bytes.data(), CountOf(size), MPI_BYTE, root, engine.comm(), &request), "MPI_Ibcast");
  WaitFor(request);
}

std::vector<Bytes> AllGather(const Bytes& bytes) {
  Engine& engine = Engine::Get();
  const auto ranks = static_cast<size_t>(engine.world().size);
  const int own = CountOf(bytes.size());
  std::vector<int> counts(ranks);
  MPI_Request request = MPI_REQUEST_NULL;
  Engine::Check(MPI_Iallgather(&own, 1, MPI_INT, counts.data(), 1, MPI_INT, engine.comm(), &request), "MPI_Iallgather");
  WaitFor(request);
  const std::vector<int> places = PlacesOf(counts);
  Bytes all(static_cast<size_t>(places.back()) + static_cast<size_t>(counts.back()));
  std::copy(bytes.begin(), bytes.end(), all.begin() + places[static_cast<size_t>(engine.world().rank)]);
  Engine::Check(MPI_Iallgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, all.data(), counts.data(), places.data(), MPI_BYTE,
                                engine.comm(), &request),
                "MPI_Iallgatherv");
  WaitFor(request);
  std::vector<Bytes> parts;
  for (size_t rank = 0; rank < ranks; ++rank) {
    const auto begin = all.begin() + places[rank];
    parts.emplace_back(begin, begin + counts[rank]);
  }
  return parts;
}

void Gather(unsigned char* memory, const size_t* bytes) {
  constexpr size_t kMost = size_t{1} << 30;  // of a message
  Engine& engine = Engine::Get();
  const int ranks = engine.world().size, me = engine.world().rank;
  unsigned char* own = memory + std::accumulate(bytes, bytes + me, size_t{0});
  std::vector<MPI_Request> requests;
  for (int rank = 0; rank < ranks; memory += bytes[rank++]) {
    if (rank == me) continue;
    for (size_t at = 0; at < bytes[rank]; at += kMost) {
      const int count = CountOf(std::min(kMost, bytes[rank] - at));
      MPI_Request& in = requests.emplace_back(MPI_REQUEST_NULL);
      Engine::Check(MPI_Irecv(memory + at, count, MPI_BYTE, rank, 0, engine.comm(), &in), "MPI_Irecv");
    }
    for (size_t at = 0; at < bytes[me]; at += kMost) {
      const int count = CountOf(std::min(kMost, bytes[me] - at));
      MPI_Request& out = requests.emplace_back(MPI_REQUEST_NULL);
      Engine::Check(MPI_Isend(own + at, count, MPI_BYTE, rank, 0, engine.comm(), &out), "MPI_Isend");
    }
  }
  engine.Wait(requests);
}

}  // namespace blasnet::mpi
