#include "core/jobs.h"

#include <cstdlib>
#include <utility>

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
    std::atexit([] {
      std::lock_guard<std::mutex> lock(LiveJobs().mutex);
      for (Jobs* jobs : LiveJobs().jobs) jobs->Stop();
    });
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
  waiting_.push({std::move(abort), std::move(job)});
  if (idle_ < waiting_.size()) {
    threads_.emplace_back([this] { ThreadLoop(); });
  } else {
    wake_.notify_one();
  }
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
