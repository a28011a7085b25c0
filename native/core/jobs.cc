#include "core/jobs.h"

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

#include "core/platform.h"

namespace blasnet {

namespace {

// All Jobs of the process, for the exit handler. Leaked on purpose: a destructor would run while threads still live.
struct Live {
  std::mutex mutex;
  std::set<Jobs*> jobs;
};

Live& LiveJobs() {
  static Live& live = *[] {
    auto* created = new Live();
    // Runs before the destructors of libraries that were loaded earlier, the BLAS among them.
    const auto stop_all = [] {
      std::lock_guard<std::mutex> lock(LiveJobs().mutex);
      for (Jobs* jobs : LiveJobs().jobs) jobs->Stop();
    };
    if (kThreadsRunAtExit) std::atexit(stop_all);
    return created;
  }();
  return live;
}

}  // namespace

Jobs::Jobs() {
  std::lock_guard<std::mutex> lock(LiveJobs().mutex);
  LiveJobs().jobs.insert(this);
}

Jobs::~Jobs() {
  {
    std::lock_guard<std::mutex> lock(LiveJobs().mutex);
    LiveJobs().jobs.erase(this);
  }
  Stop();
}

void Jobs::Start(std::shared_ptr<AbortFlag> abort, std::function<void()> job) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (stopped_) return;
  // The thread comes first: where none can be had, the job must not be run by another one later.
  const bool wants_thread = idle_ <= waiting_.size();
  if (wants_thread) {
    try {
      threads_.emplace_back([this] { ThreadLoop(); });
    } catch (const std::system_error& error) {
      throw std::runtime_error(std::string("Expected another thread for a run but received: ") + error.what());
    }
  }
  waiting_.push({std::move(abort), std::move(job)});
  if (!wants_thread) wake_.notify_one();
}

void Jobs::Stop() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stopped_ = true;
    for (const auto& abort : running_) *abort = true;
    wake_.notify_all();
  }
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void Jobs::ThreadLoop() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    ++idle_;
    wake_.wait(lock, [this] { return stopped_ || !waiting_.empty(); });
    --idle_;
    if (stopped_) return;
    const Job job = std::move(waiting_.front());
    waiting_.pop();
    running_.insert(job.abort);
    lock.unlock();
    job.run();
    lock.lock();
    running_.erase(job.abort);
  }
}

}  // namespace blasnet
