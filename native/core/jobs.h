#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <queue>
#include <set>
#include <thread>
#include <vector>

namespace blasnet {

// Set to ask a job to end within a step.
using AbortFlag = std::atomic<bool>;

// Threads for runs that take long: one a run, kept for the next one. (libuv's four threads would make files and DNS
// wait.) When the process exits in the middle of a run, the runs are stopped first: a thread inside the BLAS must not
// meet the BLAS's own clean-up.
class Jobs {
 public:
  Jobs();
  ~Jobs();
  Jobs(const Jobs&) = delete;
  Jobs& operator=(const Jobs&) = delete;

  // Runs job on a thread of its own; it must not throw, and must end soon after abort is set. Throws, and never runs
  // the job, where the system has no thread for it.
  void Start(std::shared_ptr<AbortFlag> abort, std::function<void()> job);

  // Aborts all jobs, waits for them and takes no further ones. May be called twice.
  void Stop();

 private:
  struct Job {
    std::shared_ptr<AbortFlag> abort;
    std::function<void()> run;
  };

  void ThreadLoop();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::queue<Job> waiting_;
  std::set<std::shared_ptr<AbortFlag>> running_;
  size_t idle_ = 0;
  bool stopped_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace blasnet
