#pragma once

#include <mpi.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <queue>
#include <string>
#include <thread>
#include <vector>

namespace blasnet::mpi {

// The one thread of this process that calls MPI, and the jobs that it does, one after the other. It polls instead of
// waiting inside of MPI, so that it can end the process or notice that another rank has left.
class Engine {
 public:
  // One a process, never destroyed: the thread may outlive everything else.
  static Engine& Get();

  struct World {
    int rank = 0, size = 1;
    std::string library;
  };

  using Job = std::function<void()>;

  // Whether a job in which ranks wait for each other polls at once, or leaves its core to whoever computes.
  enum class Urgency { kNow, kBackground };

  // Does the job on the thread, which starts with the first one, then calls done there with the reason why it failed,
  // or with an empty text. Throws std::runtime_error once the process is leaving.
  void Post(Job job, std::function<void(const std::string& failure)> done, Urgency urgency = Urgency::kNow);

  // While one lives, somebody waits for jobs of the background: they are as urgent as all others.
  class Hurry {
   public:
    explicit Hurry(Engine& engine);
    ~Hurry();
    Hurry(const Hurry&) = delete;
    Hurry& operator=(const Hurry&) = delete;

   private:
    Engine& engine_;
  };

  // Does the job and waits for it. Returns why it failed, or an empty text.
  std::string Run(Job job);

  // Whether a job is not finished.
  bool busy() const { return pending_ > 0; }

  // Ends this process' part. code 0: MPI_Finalize, once all ranks want it. Another code: MPI_Finalize if all ranks end
  // within seconds. In the middle of a job, or where that fails, MPI_Abort, which ends all ranks.
  void Leave(int code);
  [[noreturn]] void Abort(int code);

  // For jobs:
  // timeout: how long the rank before this one may be silent while this one waits; 0 for ever.
  const World& Initialize(std::chrono::milliseconds timeout);
  const World& world() const { return world_; }
  MPI_Comm comm() const { return comm_; }
  // Waits for requests, which it takes. Throws where another rank has left for good, or gives no sign of life.
  void Wait(std::vector<MPI_Request>& requests);
  // Throws std::runtime_error with MPI's text for an error.
  static void Check(int result, const char* call);

 private:
  Engine() = default;
  void Loop();
  void Do(const Job& job, const std::function<void(const std::string&)>& done);
  // Whether the present job has time.
  bool HasTime() const { return urgency_ == Urgency::kBackground && hurries_ == 0 && urgent_ == 0; }
  void PollLeavers();
  // Gives the next rank a sign of life where one is due, and takes those of the rank before. Returns whether there was
  // one.
  bool Beat();
  void SendBeat(int value);
  // Notes which rank hangs, if one does: nothing more is expected of it.
  class Watch;
  // Ends the process where a call of MPI does not return, as may be where another rank was stopped in the middle of
  // one.
  void Guard();
  int RankBefore() const { return (world_.rank + world_.size - 1) % world_.size; }
  void Finalize();
  [[noreturn]] void AbortNow();

  struct Item {
    Job job;
    std::function<void(const std::string&)> done;
    Urgency urgency;
  };

  std::mutex mutex_;
  std::condition_variable wake_;
  std::queue<Item> items_;
  std::thread thread_;
  std::atomic<size_t> pending_{0};
  std::atomic<size_t> urgent_{0};  // of the jobs that are pending
  std::atomic<int> hurries_{0};
  Urgency urgency_ = Urgency::kNow;  // of the present job
  std::atomic<bool> leaving_{false}, aborting_{false};
  int code_ = 0;

  bool initialized_ = false;
  World world_;
  MPI_Comm comm_ = MPI_COMM_NULL;     // of jobs
  MPI_Comm leavers_ = MPI_COMM_NULL;  // of messages that a rank has left
  MPI_Comm beats_ = MPI_COMM_NULL;    // of signs of life, from each rank to the next
  std::chrono::milliseconds timeout_{0};
  std::chrono::steady_clock::time_point last_beat_;
  MPI_Request beat_in_ = MPI_REQUEST_NULL, beat_out_ = MPI_REQUEST_NULL;
  int beat_received_ = 0, beat_sent_ = 0;
  std::atomic<int> waiting_{0};   // loops that look for signs of life
  std::atomic<size_t> looks_{0};  // how often they looked
  std::string hung_;              // what is said of a rank that hangs; empty while none does
  std::vector<MPI_Request> leaving_requests_;
  std::vector<int> leaving_codes_;
  int left_ = 0;         // other ranks that have left
  int first_left_ = -1;  // the first of them
  int first_code_ = 0;
};

}  // namespace blasnet::mpi
