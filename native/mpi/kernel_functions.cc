// The functions by which kernels meet other ranks: each gives a job to the engine's thread, and waits for it.

#include "mpi/kernel_functions.h"

#include <condition_variable>
#include <exception>
#include <mutex>
#include <string>
#include <utility>

#include "mpi/collectives.h"
#include "mpi/engine.h"
#include "mpi/shard_sums.h"

namespace blasnet::mpi {

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

Engine::Job SumOf(int is_double, const void* own, size_t own_shards, size_t count, void* sum, int whole) {
  return [=] {
    if (is_double != 0) {
      SumShards(static_cast<const double*>(own), own_shards, count, static_cast<double*>(sum), whole != 0);
    } else {
      SumShards(static_cast<const float*>(own), own_shards, count, static_cast<float*>(sum), whole != 0);
    }
  };
}

const char* SumForKernel(void*, int is_double, const void* own, size_t own_shards, size_t count, void* sum, int whole) {
  return RunForKernel(SumOf(is_double, own, own_shards, count, sum, whole));
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

const char* BeginSumForKernel(void*, int is_double, const void* own, size_t own_shards, size_t count, void* sum,
                              int whole) {
  Begun& begun = TheBegun();
  {
    const std::lock_guard<std::mutex> lock(begun.mutex);
    ++begun.open;
  }
  try {
    Engine::Get().Post(SumOf(is_double, own, own_shards, count, sum, whole), EndBegun, Engine::Urgency::kBackground);
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
