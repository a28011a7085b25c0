#include <chrono>
#include <thread>

#include "core/pool.h"
#include "test/testing.h"
#include "test/threads.h"

namespace blasnet::testing {

namespace {

// Runs a region and tells whether every tile ran exactly once. Counts are plain integers: ThreadSanitizer sees whether
// the pool orders tiles before its return.
bool RunsEveryTileOnce(Pool& pool, size_t tiles) {
  std::vector<int> runs(tiles, 0);
  pool.ParallelFor(tiles, [&](size_t tile) { ++runs[tile]; });
  return std::all_of(runs.begin(), runs.end(), [](int count) { return count == 1; });
}

}  // namespace

TEST_SUITE_BEGIN("threads");

TEST_CASE("a pool runs every tile exactly once, for any number of tiles and threads") {
  for (size_t threads = 1; threads <= 4; ++threads) {
    Pool pool(threads);
    CHECK(pool.threads() == threads);
    bool right = true;
    for (size_t tiles = 0; tiles <= 2000; ++tiles) right = RunsEveryTileOnce(pool, tiles) && right;
    CHECK(right);
  }
}

#if BLASNET_TEST_LACK_OF_THREADS
TEST_CASE("a pool that gets no threads has its caller do the tiles") {
  Pool pool(4);
  {
    const NoMoreThreads none;
    CHECK(RunsEveryTileOnce(pool, 100));
  }
  CHECK(pool.threads() == 1);
  CHECK(RunsEveryTileOnce(pool, 100));
  pool.Resize(3);
  CHECK(RunsEveryTileOnce(pool, 100));
  CHECK(pool.threads() == 3);
}
#endif

TEST_CASE("work beside a kernel is part of the first region that its thread starts") {
  for (size_t threads = 1; threads <= 4; ++threads) {
    Pool pool(threads);
    std::vector<int> runs(3, 0);
    const auto body = [&](size_t tile) { ++runs[tile]; };
    {
      const Pool::SideWork side_work(runs.size(), body);
      CHECK_FALSE(side_work.is_done());
      CHECK(RunsEveryTileOnce(pool, 1));
      CHECK_FALSE(side_work.is_done());
      CHECK(RunsEveryTileOnce(pool, 2));
      // One thread has no regions.
      CHECK(side_work.is_done() == (threads > 1));
      CHECK(RunsEveryTileOnce(pool, 5));
    }
    CHECK(runs == std::vector<int>(3, threads > 1 ? 1 : 0));
    { const Pool::SideWork left(runs.size(), body); }
    CHECK(RunsEveryTileOnce(pool, 2));
    CHECK(runs == std::vector<int>(3, threads > 1 ? 1 : 0));
  }
}

TEST_CASE("a pool runs more tiles than a ticket can count") {
  Pool pool(2);
  CHECK(RunsEveryTileOnce(pool, (1 << 20) - 1));
  CHECK(RunsEveryTileOnce(pool, 1 << 20));
  CHECK(RunsEveryTileOnce(pool, (1 << 20) + 3));
}

TEST_CASE("a pool runs many regions in quick succession") {
  for (size_t threads = 2; threads <= 4; ++threads) {
    Pool pool(threads);
    std::vector<size_t> sums(4, 0);
    for (size_t region = 0; region < 20000; ++region) {
      pool.ParallelFor(2 + region % 3, [&](size_t tile) { sums[tile] += region; });
    }
    size_t expected[4] = {};
    for (size_t region = 0; region < 20000; ++region) {
      for (size_t tile = 0; tile < 2 + region % 3; ++tile) expected[tile] += region;
    }
    CHECK(std::equal(sums.begin(), sums.end(), expected));
  }
}

TEST_CASE("tiles of a pool run on several threads") {
  Pool pool(2);
  std::atomic<size_t> arrived{0};
  // Each of two tiles waits for the other: one thread alone would wait for ever.
  pool.ParallelFor(2, [&](size_t) {
    ++arrived;
    while (arrived < 2) std::this_thread::yield();
  });
  CHECK(arrived == 2);
}

TEST_CASE("a pool wakes workers that sleep") {
  Pool pool(3);
  for (int i = 0; i < 20; ++i) {
    CHECK(RunsEveryTileOnce(pool, 50));
    std::this_thread::sleep_for(std::chrono::milliseconds(i % 4));
  }
}

TEST_CASE("a pool may be resized between regions") {
  Pool pool(1);
  for (const size_t threads : {2, 4, 3, 1, 1, 4, 2}) {
    pool.Resize(threads);
    CHECK(pool.threads() == threads);
    CHECK(RunsEveryTileOnce(pool, 100));
    CHECK(RunsEveryTileOnce(pool, 3));
  }
}

TEST_CASE("two threads may use one pool at once, while a third resizes it") {
  Pool pool(3);
  std::atomic<bool> right{true}, done{false};
  const auto use = [&](size_t tiles) {
    for (int region = 0; region < 2000; ++region) {
      if (!RunsEveryTileOnce(pool, tiles)) right = false;
    }
  };
  std::thread resizer([&] {
    for (size_t i = 0; !done; ++i) {
      pool.Resize(1 + i % 4);
      std::this_thread::sleep_for(std::chrono::microseconds(300));
    }
  });
  std::thread first([&] { use(7); }), second([&] { use(20); });
  first.join();
  second.join();
  done = true;
  resizer.join();
  CHECK(right);
}

TEST_CASE("a pool may be destroyed while its workers spin, sleep, or before they started") {
  for (int i = 0; i < 50; ++i) {
    Pool unused(4);
    Pool spinning(4);
    CHECK(RunsEveryTileOnce(spinning, 8));
  }
  for (int i = 0; i < 5; ++i) {
    Pool sleeping(4);
    CHECK(RunsEveryTileOnce(sleeping, 8));
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

TEST_CASE("there is at least one physical core, and no more than logical ones") {
  CHECK(PhysicalCores() >= 1);
  CHECK(PhysicalCores() <= std::max(1u, std::thread::hardware_concurrency()));
}

TEST_SUITE_END();

}  // namespace blasnet::testing
