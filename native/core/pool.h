#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#include "core/float_mode.h"
#include "core/scratch.h"

namespace blasnet {

// Runs tiles of a kernel on several threads. Which thread runs a tile is a race; what a tile computes is not:
// kernels cut tiles by shapes only, and no two tiles write the same number. So results do not depend on the
// thread count.
class Pool {
 public:
  // threads counts the caller of ParallelFor as one; the others start when first needed.
  explicit Pool(size_t threads);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  void Resize(size_t threads);
  size_t threads() const { return threads_.load(std::memory_order_relaxed); }

  // Memory for tiles while they run. To be taken before ParallelFor, since taking may throw.
  Scratch& scratch() { return scratch_; }

  // Work beside a kernel, for the length of its life: body(i) for i in [0, count) are further tiles of the first region
  // that this thread starts. They must not throw, nor touch what that kernel writes.
  class SideWork {
   public:
    template <class Body>
    SideWork(size_t count, const Body& body)
        : count_(count),
          function_([](const void* context, size_t tile) { (*static_cast<const Body*>(context))(tile); }),
          body_(&body) {
      waiting_ = this;
    }
    ~SideWork() { waiting_ = nullptr; }
    SideWork(const SideWork&) = delete;
    SideWork& operator=(const SideWork&) = delete;
    // Whether a region has done the work; else it is still to be done.
    bool is_done() const { return waiting_ != this; }

   private:
    friend class Pool;
    size_t count_;
    void (*function_)(const void*, size_t);
    const void* body_;
  };

  // Calls body(i) for i in [0, tiles) and returns when all are done. body must not throw. When another thread is
  // using the pool, or within a tile of it, the caller does all tiles itself.
  template <class Body>
  void ParallelFor(size_t tiles, const Body& body) {
    if (tiles > 1 && threads() > 1 && tiles <= kMaxTiles && !in_region_) {
      std::unique_lock<std::mutex> region(region_, std::try_to_lock);
      if (region.owns_lock()) {
        RunRegion(
            tiles, [](const void* context, size_t tile) { (*static_cast<const Body*>(context))(tile); }, &body);
        return;
      }
    }
    for (size_t tile = 0; tile < tiles; ++tile) body(tile);
  }

 private:
  using TileFunction = void (*)(const void*, size_t);
  static constexpr size_t kMaxTiles = (1u << 20) - 1;

  void RunRegion(size_t tiles, TileFunction function, const void* context);
  void RunTiles(size_t tiles, TileFunction function, const void* context);
  bool RunOneTile();
  void WorkerLoop();
  void StartWorkers();

  void StopWorkers();

  // Whether this thread runs tiles of a region that it started, and so holds region_, which it must not ask for again.
  static thread_local bool in_region_;
  static thread_local const SideWork* waiting_;

  // A region's ticket: generation (24 bits), tiles (20), next tile (20). A worker claims a tile by advancing it,
  // so one that wakes late sees another generation, or no tile left, and touches nothing.
  std::atomic<uint64_t> ticket_{0};
  std::atomic<TileFunction> function_{nullptr};
  std::atomic<const void*> body_{nullptr};
  std::atomic<FloatMode::Word> mode_{0};  // of the caller: numbers must not depend on who computes them
  alignas(64) std::atomic<size_t> done_{0};
  // Workers that found nothing for a while sleep on wake_.
  alignas(64) std::atomic<uint32_t> wake_{0};
  std::atomic<uint32_t> sleepers_{0};
  std::atomic<bool> stop_{false};
  std::atomic<size_t> threads_{1};
  std::mutex region_;  // held by the one thread that uses the workers
  std::vector<std::thread> workers_;
  Scratch scratch_;
};

// How many threads are worth having here: physical cores that this process may use.
size_t PhysicalCores();

}  // namespace blasnet
