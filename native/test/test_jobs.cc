#include "core/jobs.h"

#include <future>
#include <thread>

#include "test/testing.h"
#include "test/threads.h"

namespace blasnet::testing {

namespace {

std::shared_ptr<AbortFlag> NewFlag() { return std::make_shared<AbortFlag>(false); }

}  // namespace

TEST_SUITE_BEGIN("threads");

TEST_CASE("every job runs once") {
  Jobs jobs;
  std::atomic<int> runs{0};
  std::vector<std::promise<void>> done(200);
  for (auto& promise : done) {
    jobs.Start(NewFlag(), [&] {
      ++runs;
      promise.set_value();
    });
  }
  for (auto& promise : done) promise.get_future().wait();
  CHECK(runs == 200);
}

TEST_CASE("jobs one after another use few threads") {
  Jobs jobs;
  std::set<std::thread::id> threads;
  for (int i = 0; i < 200; ++i) {
    std::promise<std::thread::id> ran;
    jobs.Start(NewFlag(), [&] { ran.set_value(std::this_thread::get_id()); });
    threads.insert(ran.get_future().get());
  }
  CHECK(!threads.contains(std::this_thread::get_id()));
  // A thread may still be on its way back when the next job starts.
  CHECK(threads.size() <= 20);
}

#if BLASNET_TEST_LACK_OF_THREADS
TEST_CASE("a job that no thread can be had for is refused, and never runs") {
  Jobs jobs;
  std::atomic<int> runs{0};
  {
    const NoMoreThreads none;
    CHECK_THROWS_AS(jobs.Start(NewFlag(), [&] { ++runs; }), std::runtime_error);
  }
  std::promise<void> done;
  jobs.Start(NewFlag(), [&] { done.set_value(); });
  done.get_future().wait();
  jobs.Stop();
  CHECK(runs == 0);
}
#endif

TEST_CASE("jobs run beside each other") {
  Jobs jobs;
  std::promise<void> first, second;
  std::promise<void> done;
  jobs.Start(NewFlag(), [&] {
    first.set_value();
    second.get_future().wait();
    done.set_value();
  });
  jobs.Start(NewFlag(), [&] {
    first.get_future().wait();
    second.set_value();
  });
  done.get_future().wait();
}

TEST_CASE("Stop aborts running jobs and waits for them") {
  Jobs jobs;
  std::atomic<int> started{0}, ended{0};
  for (int i = 0; i < 4; ++i) {
    const auto abort = NewFlag();
    jobs.Start(abort, [&, abort] {
      ++started;
      while (!*abort) std::this_thread::yield();
      ++ended;
    });
  }
  while (started < 4) std::this_thread::yield();
  CHECK(ended == 0);
  jobs.Stop();
  CHECK(ended == 4);
  jobs.Stop();
}

TEST_CASE("Stop aborts a job that has not begun, or does not run it at all") {
  for (int i = 0; i < 100; ++i) {
    Jobs jobs;
    std::atomic<int> running{0};
    const auto abort = NewFlag();
    jobs.Start(abort, [&, abort] {
      ++running;
      while (!*abort) std::this_thread::yield();
      --running;
    });
    jobs.Stop();
    CHECK(running == 0);
  }
}

TEST_CASE("Start after Stop does nothing") {
  Jobs jobs;
  jobs.Stop();
  bool ran = false;
  jobs.Start(NewFlag(), [&] { ran = true; });
  jobs.Stop();
  CHECK(!ran);
}

TEST_CASE("a destructor stops jobs") {
  std::atomic<bool> started{false}, ended{false};
  {
    Jobs jobs;
    const auto abort = NewFlag();
    jobs.Start(abort, [&, abort] {
      started = true;
      while (!*abort) std::this_thread::yield();
      ended = true;
    });
    while (!started) std::this_thread::yield();
  }
  CHECK(ended);
}

TEST_SUITE_END();

}  // namespace blasnet::testing
