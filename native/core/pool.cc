#include "core/pool.h"

#include <system_error>
#include <utility>

#include "core/spin.h"

namespace blasnet {

namespace {

constexpr uint64_t kFieldMask = (1u << 20) - 1;
constexpr uint64_t NextOf(uint64_t ticket) { return ticket & kFieldMask; }
constexpr uint64_t TilesOf(uint64_t ticket) { return (ticket >> 20) & kFieldMask; }
constexpr bool HasTile(uint64_t ticket) { return NextOf(ticket) < TilesOf(ticket); }

}  // namespace

thread_local bool Pool::in_region_ = false;
thread_local const Pool::SideWork* Pool::waiting_ = nullptr;

Pool::Pool(size_t threads) : threads_(threads) {}

Pool::~Pool() { StopWorkers(); }

void Pool::Resize(size_t threads) {
  std::lock_guard<std::mutex> region(region_);
  if (threads == threads_) return;
  StopWorkers();
  threads_ = threads;
}

void Pool::StartWorkers() {
  try {
    while (workers_.size() + 1 < threads_) workers_.emplace_back([this] { WorkerLoop(); });
  } catch (const std::system_error&) {
    // The system has no more: those that there are do the work, to the same bits.
    threads_ = workers_.size() + 1;
  }
}

void Pool::StopWorkers() {
  stop_ = true;
  ++wake_;
  wake_.notify_all();
  for (std::thread& worker : workers_) worker.join();
  workers_.clear();
  stop_ = false;
}

void Pool::RunRegion(size_t tiles, TileFunction function, const void* context) {
  if (waiting_ == nullptr || tiles + waiting_->count_ > kMaxTiles) return RunTiles(tiles, function, context);
  const SideWork* side_work = std::exchange(waiting_, nullptr);
  const auto either = [&](size_t tile) {
    if (tile < tiles) {
      function(context, tile);
    } else {
      side_work->function_(side_work->body_, tile - tiles);
    }
  };
  using Either = decltype(either);
  RunTiles(
      tiles + side_work->count_, [](const void* both, size_t tile) { (*static_cast<const Either*>(both))(tile); },
      &either);
}

void Pool::RunTiles(size_t tiles, TileFunction function, const void* context) {
  StartWorkers();
  function_.store(function, std::memory_order_relaxed);
  body_.store(context, std::memory_order_relaxed);
  mode_.store(FloatMode::Get(), std::memory_order_relaxed);
  done_.store(0, std::memory_order_relaxed);
  const uint64_t generation = (ticket_.load(std::memory_order_relaxed) >> 40) + 1;
  // Sequentially consistent with the sleepers' count: either this thread sees the sleeper, or it sees the ticket.
  ticket_.store((generation << 40) | (uint64_t{tiles} << 20));
  if (sleepers_.load() > 0) {
    ++wake_;
    wake_.notify_all();
  }
  in_region_ = true;
  while (RunOneTile()) {
  }
  in_region_ = false;
  Spinner spinner;
  while (done_.load(std::memory_order_acquire) != tiles) spinner.Wait();
}

bool Pool::RunOneTile() {
  uint64_t ticket = ticket_.load(std::memory_order_acquire);
  while (HasTile(ticket)) {
    const TileFunction function = function_.load(std::memory_order_relaxed);
    const void* body = body_.load(std::memory_order_relaxed);
    const FloatMode::Word mode = mode_.load(std::memory_order_relaxed);
    // Success proves that the region was still waiting for this tile, hence that function and body are its own.
    if (ticket_.compare_exchange_weak(ticket, ticket + 1, std::memory_order_acq_rel, std::memory_order_acquire)) {
      FloatMode::Set(mode);
      function(body, NextOf(ticket));
      done_.fetch_add(1, std::memory_order_release);
      return true;
    }
  }
  return false;
}

void Pool::WorkerLoop() {
  IdleTime idle;
  while (!stop_.load(std::memory_order_relaxed)) {
    if (RunOneTile()) {
      idle = {};
    } else if (!idle.Wait()) {
      const uint32_t seen = wake_.load();
      ++sleepers_;
      if (!HasTile(ticket_.load()) && !stop_.load()) wake_.wait(seen);
      --sleepers_;
      idle = {};
    }
  }
}

}  // namespace blasnet
