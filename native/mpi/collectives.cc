#include "mpi/collectives.h"

#include <algorithm>
#include <climits>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>

#include "mpi/engine.h"

namespace blasnet::mpi {

namespace {

int CountOf(size_t count) {
  if (count > INT_MAX) throw std::runtime_error("Expected fewer than 2^31 numbers for one message");
  return static_cast<int>(count);
}

MPI_Datatype TypeOf(float) { return MPI_FLOAT; }
MPI_Datatype TypeOf(double) { return MPI_DOUBLE; }

void WaitFor(MPI_Request request) {
  std::vector<MPI_Request> requests{request};
  Engine::Get().Wait(requests);
}

void GatherInPlace(void* memory, const std::vector<int>& counts, const std::vector<int>& places, MPI_Datatype type) {
  MPI_Request request = MPI_REQUEST_NULL;
  Engine::Check(MPI_Iallgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, memory, counts.data(), places.data(), type,
                                Engine::Get().comm(), &request),
                "MPI_Iallgatherv");
  WaitFor(request);
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
  GatherInPlace(all.data(), counts, places, MPI_BYTE);
  std::vector<Bytes> parts;
  for (size_t rank = 0; rank < ranks; ++rank) {
    const auto begin = all.begin() + places[rank];
    parts.emplace_back(begin, begin + counts[rank]);
  }
  return parts;
}

namespace {

// Memory of the one thread for numbers of other ranks; kept for the next step.
template <class T>
std::vector<T>& Received() {
  static std::vector<T>& received = *new std::vector<T>();
  return received;
}

}  // namespace

size_t HeldBytes() {
  return Received<float>().capacity() * sizeof(float) + Received<double>().capacity() * sizeof(double);
}

template <class T>
void SumShards(const T* own, size_t own_shards, size_t count, T* sum) {
  constexpr size_t kLine = 64 / sizeof(T), kBlock = 2048;
  Engine& engine = Engine::Get();
  const auto ranks = static_cast<size_t>(engine.world().size), me = static_cast<size_t>(engine.world().rank);
  // Pieces end at lines of the cache.
  const auto begin = [&](size_t rank) {
    return rank == ranks ? count : std::min(count, (rank * count / ranks + kLine - 1) / kLine * kLine);
  };
  const size_t first = begin(me), length = begin(me + 1) - first;
  std::vector<T>& received = Received<T>();
  received.resize((ranks - 1) * own_shards * length);
  const auto received_of = [&](size_t rank, size_t shard) {
    return received.data() + ((rank < me ? rank : rank - 1) * own_shards + shard) * length;
  };
  std::vector<MPI_Request> requests;
  for (size_t rank = 0; rank < ranks; ++rank) {
    if (rank == me) continue;
    for (size_t shard = 0; shard < own_shards; ++shard) {
      const int tag = static_cast<int>(shard), other = static_cast<int>(rank);
      T* to = received_of(rank, shard);
      const T* from = own + shard * count + begin(rank);
      MPI_Request& in = requests.emplace_back(MPI_REQUEST_NULL);
      Engine::Check(MPI_Irecv(to, CountOf(length), TypeOf(T()), other, tag, engine.comm(), &in), "MPI_Irecv");
      MPI_Request& out = requests.emplace_back(MPI_REQUEST_NULL);
      Engine::Check(
          MPI_Isend(from, CountOf(begin(rank + 1) - begin(rank)), TypeOf(T()), other, tag, engine.comm(), &out),
          "MPI_Isend");
    }
  }
  engine.Wait(requests);
  T block[kBlock];
  for (size_t at = 0; at < length; at += kBlock) {
    const size_t n = std::min(kBlock, length - at);
    for (size_t rank = 0; rank < ranks; ++rank) {
      for (size_t shard = 0; shard < own_shards; ++shard) {
        const T* from = (rank == me ? own + shard * count + first : received_of(rank, shard)) + at;
        if (rank + shard == 0) {
          std::copy(from, from + n, block);
        } else {
          for (size_t i = 0; i < n; ++i) block[i] += from[i];
        }
      }
    }
    std::copy(block, block + n, sum + first + at);
  }
  std::vector<int> counts;
  for (size_t rank = 0; rank < ranks; ++rank) counts.push_back(CountOf(begin(rank + 1) - begin(rank)));
  GatherInPlace(sum, counts, PlacesOf(counts), TypeOf(T()));
}

template void SumShards<float>(const float*, size_t, size_t, float*);
template void SumShards<double>(const double*, size_t, size_t, double*);

void Gather(unsigned char* memory, const size_t* bytes) {
  std::vector<int> counts;
  for (int rank = 0; rank < Engine::Get().world().size; ++rank) counts.push_back(CountOf(bytes[rank]));
  GatherInPlace(memory, counts, PlacesOf(counts), MPI_BYTE);
}

namespace {

// Runs a job of a kernel and keeps the reason of its failure.
const char* RunForKernel(Engine::Job job) {
  static thread_local std::string failure;
  try {
    failure = Engine::Get().Run(std::move(job));
  } catch (const std::exception& error) {
    failure = error.what();
  }
  return failure.empty() ? nullptr : failure.c_str();
}

Engine::Job SumOf(int is_double, const void* own, size_t own_shards, size_t count, void* sum) {
  return [=] {
    if (is_double != 0) {
      SumShards(static_cast<const double*>(own), own_shards, count, static_cast<double*>(sum));
    } else {
      SumShards(static_cast<const float*>(own), own_shards, count, static_cast<float*>(sum));
    }
  };
}

const char* SumForKernel(void*, int is_double, const void* own, size_t own_shards, size_t count, void* sum) {
  return RunForKernel(SumOf(is_double, own, own_shards, count, sum));
}

// Sums that were begun and not waited for.
struct Begun {
  std::mutex mutex;
  std::condition_variable over;
  size_t open = 0;
  std::string failure;  // of the first that failed
};

Begun& TheBegun() {
  static Begun& begun = *new Begun();
  return begun;
}

void EndBegun(const std::string& failure) {
  Begun& begun = TheBegun();
  const std::lock_guard<std::mutex> lock(begun.mutex);
  if (begun.failure.empty()) begun.failure = failure;
  --begun.open;
  begun.over.notify_all();
}

const char* BeginSumForKernel(void*, int is_double, const void* own, size_t own_shards, size_t count, void* sum) {
  Begun& begun = TheBegun();
  {
    const std::lock_guard<std::mutex> lock(begun.mutex);
    ++begun.open;
  }
  try {
    Engine::Get().Post(SumOf(is_double, own, own_shards, count, sum), EndBegun, Engine::Urgency::kBackground);
  } catch (const std::exception& error) {
    EndBegun(error.what());
  }
  return nullptr;
}

const char* WaitForKernel(void*) {
  static thread_local std::string failure;
  const Engine::Hurry hurry(Engine::Get());
  Begun& begun = TheBegun();
  std::unique_lock<std::mutex> lock(begun.mutex);
  begun.over.wait(lock, [&] { return begun.open == 0; });
  failure = std::exchange(begun.failure, {});
  return failure.empty() ? nullptr : failure.c_str();
}

const char* GatherForKernel(void*, void* memory, const size_t* bytes) {
  return RunForKernel([=] { Gather(static_cast<unsigned char*>(memory), bytes); });
}

}  // namespace

Exchange& Functions(int rank, int size) {
  static Exchange& functions = *new Exchange{Exchange::kMagic,
                                             static_cast<uint32_t>(rank),
                                             static_cast<uint32_t>(size),
                                             nullptr,
                                             SumForKernel,
                                             GatherForKernel,
                                             BeginSumForKernel,
                                             WaitForKernel};
  return functions;
}

}  // namespace blasnet::mpi
