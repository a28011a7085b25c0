#include "mpi/engine.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <utility>

#include "core/float_mode.h"

namespace blasnet::mpi {

namespace {

using Clock = std::chrono::steady_clock;

// How long a rank that ends by an error waits for the others to end as well, and how long a rank whose partner has left
// waits for numbers that may still be under way.
constexpr auto kGrace = std::chrono::seconds(3);

// From one sign of life to the next.
constexpr auto kBeat = std::chrono::milliseconds(250);
constexpr int kAlive = 1, kLast = 2;

// From one poll to the next of a job that has time.
constexpr auto kRest = std::chrono::microseconds(100);

// Polls quickly at first, since exchanges take microseconds; later leaves the core to others.
class Pause {
 public:
  void operator()() {
    ++polls_;
    if (polls_ < 200) return;
    if (polls_ < 20000) {
      std::this_thread::yield();
    } else {
      std::this_thread::sleep_for(std::chrono::microseconds(polls_ < 30000 ? 50 : 1000));
    }
  }

 private:
  size_t polls_ = 0;
};

}  // namespace

Engine& Engine::Get() {
  static Engine& engine = *new Engine();
  return engine;
}

void Engine::Check(int result, const char* call) {
  if (result == MPI_SUCCESS) return;
  char text[MPI_MAX_ERROR_STRING] = "";
  int length = 0;
  MPI_Error_string(result, text, &length);
  throw std::runtime_error(std::string(call) + ": " + text);
}

void Engine::Post(Job job, std::function<void(const std::string&)> done, Urgency urgency) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (leaving_) throw std::runtime_error("Expected a call before the process ends");
  ++pending_;
  if (urgency == Urgency::kNow) ++urgent_;
  items_.push({std::move(job), std::move(done), urgency});
  if (!thread_.joinable()) thread_ = std::thread([this] { Loop(); });
  wake_.notify_one();
}

Engine::Hurry::Hurry(Engine& engine) : engine_(engine) {
  const std::lock_guard<std::mutex> lock(engine.mutex_);
  ++engine.hurries_;
  engine.wake_.notify_one();
}

Engine::Hurry::~Hurry() { --engine_.hurries_; }

std::string Engine::Run(Job job) {
  std::mutex mutex;
  std::condition_variable over;
  bool is_over = false;
  std::string failure;
  Post(std::move(job), [&](const std::string& why) {
    const std::lock_guard<std::mutex> lock(mutex);
    failure = why;
    is_over = true;
    over.notify_one();
  });
  std::unique_lock<std::mutex> lock(mutex);
  over.wait(lock, [&] { return is_over; });
  return failure;
}

void Engine::Loop() {
  // As in kernels, so that sums have the same bits wherever they are computed.
  const FlushDenormals flush;
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    while (!wake_.wait_for(lock, kBeat, [this] { return aborting_ || leaving_ || !items_.empty(); })) {
      lock.unlock();
      if (initialized_) Beat();
      lock.lock();
    }
    if (aborting_) AbortNow();
    if (items_.empty()) break;
    const Item item = std::move(items_.front());
    items_.pop();
    lock.unlock();
    urgency_ = item.urgency;
    Do(item.job, item.done);
    lock.lock();
  }
  lock.unlock();
  Finalize();
}

void Engine::Do(const Job& job, const std::function<void(const std::string&)>& done) {
  std::string failure;
  try {
    job();
  } catch (const std::exception& error) {
    failure = error.what();
    if (failure.empty()) failure = "unknown failure";
  }
  // First, so that whoever is told finds the engine idle.
  --pending_;
  if (urgency_ == Urgency::kNow) --urgent_;
  done(failure);
}

const Engine::World& Engine::Initialize(std::chrono::milliseconds timeout) {
  if (initialized_) return world_;
  timeout_ = timeout;
  int was_initialized = 0;
  MPI_Initialized(&was_initialized);
  if (was_initialized) throw std::runtime_error("Expected to be the only user of MPI in this process");
  int level = MPI_THREAD_SINGLE;
  Check(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &level), "MPI_Init_thread");
  if (level < MPI_THREAD_FUNNELED) throw std::runtime_error("Expected an MPI that permits calls from a thread");
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  Check(MPI_Comm_dup(MPI_COMM_WORLD, &comm_), "MPI_Comm_dup");
  Check(MPI_Comm_dup(MPI_COMM_WORLD, &leavers_), "MPI_Comm_dup");
  Check(MPI_Comm_dup(MPI_COMM_WORLD, &beats_), "MPI_Comm_dup");
  Check(MPI_Comm_rank(comm_, &world_.rank), "MPI_Comm_rank");
  Check(MPI_Comm_size(comm_, &world_.size), "MPI_Comm_size");
  char version[MPI_MAX_LIBRARY_VERSION_STRING] = "";
  int length = 0;
  MPI_Get_library_version(version, &length);
  world_.library = version;
  world_.library = world_.library.substr(0, world_.library.find_first_of(",\n"));
  leaving_codes_.resize(static_cast<size_t>(world_.size));
  for (int rank = 0; rank < world_.size; ++rank) {
    MPI_Request request = MPI_REQUEST_NULL;
    if (rank != world_.rank)
      Check(MPI_Irecv(&leaving_codes_[rank], 1, MPI_INT, rank, 0, leavers_, &request), "MPI_Irecv");
    leaving_requests_.push_back(request);
  }
  Check(MPI_Irecv(&beat_received_, 1, MPI_INT, RankBefore(), 0, beats_, &beat_in_), "MPI_Irecv");
  initialized_ = true;
  if (timeout_.count() > 0) std::thread([this] { Guard(); }).detach();
  return world_;
}

void Engine::Guard() {
  Clock::time_point woken = Clock::now(), moved = woken;
  size_t looks = looks_;
  while (true) {
    std::this_thread::sleep_for(kBeat);
    const Clock::time_point now = Clock::now();
    if (waiting_ <= 0 || looks_ != looks || now - woken > std::chrono::seconds(1)) moved = now;
    looks = looks_;
    woken = now;
    if (now - moved <= timeout_ + kGrace) continue;
    const std::string who = world_.size == 2 ? "rank " + std::to_string(RankBefore()) : "another rank";
    std::fprintf(stderr, "blasnet: rank %d ends all ranks: %s has given no sign of life for %lld ms\n", world_.rank,
                 who.c_str(), static_cast<long long>(timeout_.count()));
    std::fflush(nullptr);
    _exit(1);
  }
}

bool Engine::Beat() {
  int done = 0;
  if (beat_sent_ != kLast && Clock::now() - last_beat_ >= kBeat) {
    // One that the next rank has not taken yet is sign enough.
    MPI_Test(&beat_out_, &done, MPI_STATUS_IGNORE);
    if (done) SendBeat(kAlive);
  }
  bool lives = false;
  while (beat_in_ != MPI_REQUEST_NULL) {
    MPI_Test(&beat_in_, &done, MPI_STATUS_IGNORE);
    if (!done) break;
    lives = true;
    if (beat_received_ != kLast) MPI_Irecv(&beat_received_, 1, MPI_INT, RankBefore(), 0, beats_, &beat_in_);
  }
  return lives;
}

void Engine::SendBeat(int value) {
  last_beat_ = Clock::now();
  beat_sent_ = value;
  MPI_Isend(&beat_sent_, 1, MPI_INT, (world_.rank + 1) % world_.size, 0, beats_, &beat_out_);
}

void Engine::PollLeavers() {
  int index = MPI_UNDEFINED, found = 0;
  MPI_Testany(world_.size, leaving_requests_.data(), &index, &found, MPI_STATUS_IGNORE);
  if (!found || index == MPI_UNDEFINED) return;
  ++left_;
  if (first_left_ >= 0) return;
  first_left_ = index;
  first_code_ = leaving_codes_[index];
}

class Engine::Watch {
 public:
  explicit Watch(Engine& engine) : engine_(engine) { ++engine_.waiting_; }
  ~Watch() { --engine_.waiting_; }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  // Looks for signs of life, to be called again and again while this process waits.
  void Look() {
    ++engine_.looks_;
    const Clock::time_point now = Clock::now();
    // Where this process itself was not running, the other one may have been as it should.
    if (engine_.Beat() || now - looked_ > std::chrono::seconds(1)) alive_ = now;
    looked_ = now;
    const auto limit = engine_.timeout_;
    if (limit.count() == 0 || now - alive_ <= limit || engine_.beat_in_ == MPI_REQUEST_NULL) return;
    engine_.hung_ = "rank " + std::to_string(engine_.RankBefore()) + " has given no sign of life for " +
                    std::to_string(limit.count()) + " ms";
  }

 private:
  Engine& engine_;
  Clock::time_point looked_ = Clock::now(), alive_ = looked_;
};

void Engine::Wait(std::vector<MPI_Request>& requests) {
  Pause pause;
  bool sees_end = false;
  Clock::time_point end;
  Watch watch(*this);
  if (!hung_.empty()) throw std::runtime_error(hung_);
  for (size_t polls = 1;; ++polls) {
    int done = 0;
    Check(MPI_Testall(static_cast<int>(requests.size()), requests.data(), &done, MPI_STATUSES_IGNORE), "MPI_Testall");
    if (done) break;
    if (aborting_) AbortNow();
    if (polls % 64 == 0) {
      PollLeavers();
      watch.Look();
      if (!hung_.empty()) throw std::runtime_error(hung_);
      if (left_ > 0 && !sees_end) {
        sees_end = true;
        end = Clock::now() + kGrace;
      }
      if (sees_end && Clock::now() > end) {
        throw std::runtime_error("rank " + std::to_string(first_left_) + " has ended its process (exit code " +
                                 std::to_string(first_code_) + ") while other ranks wait for it");
      }
    }
    if (HasTime()) {
      std::unique_lock<std::mutex> lock(mutex_);
      wake_.wait_for(lock, kRest, [this] { return aborting_ || !HasTime(); });
    } else {
      pause();
    }
  }
  requests.clear();
}

void Engine::Leave(int code) {
  {
    std::unique_lock<std::mutex> lock(mutex_);
    if (leaving_ || !thread_.joinable()) return;
    if (pending_ > 0) {
      lock.unlock();
      Abort(code == 0 ? 1 : code);
    }
    leaving_ = true;
    code_ = code;
    wake_.notify_one();
  }
  thread_.join();
}

void Engine::Finalize() {
  if (!initialized_) return;
  std::vector<MPI_Request> sends(static_cast<size_t>(world_.size), MPI_REQUEST_NULL);
  for (int rank = 0; rank < world_.size; ++rank) {
    if (rank != world_.rank) MPI_Isend(&code_, 1, MPI_INT, rank, 0, leavers_, &sends[rank]);
  }
  const Clock::time_point end = Clock::now() + kGrace;
  Pause pause;
  Watch watch(*this);
  const auto wait_while = [&](auto&& is_open) {
    while (is_open()) {
      PollLeavers();
      watch.Look();
      if (!hung_.empty()) {
        std::fprintf(stderr, "blasnet: rank %d ends all ranks: %s\n", world_.rank, hung_.c_str());
        if (code_ == 0) code_ = 1;
        AbortNow();
      }
      if (aborting_ || (code_ != 0 && Clock::now() > end)) AbortNow();
      pause();
    }
  };
  const auto is_sending = [](MPI_Request& request) {
    int done = 0;
    MPI_Test(&request, &done, MPI_STATUS_IGNORE);
    return done == 0;
  };
  wait_while([&] { return left_ < world_.size - 1; });
  for (MPI_Request& send : sends) wait_while([&] { return is_sending(send); });
  // All ranks are here: the last signs of life, so that no message is left.
  wait_while([&] { return is_sending(beat_out_); });
  SendBeat(kLast);
  wait_while([&] { return beat_in_ != MPI_REQUEST_NULL || is_sending(beat_out_); });
  MPI_Comm_free(&beats_);
  MPI_Comm_free(&leavers_);
  MPI_Comm_free(&comm_);
  waiting_ = 0;  // what is left to do takes as long as it takes
  MPI_Finalize();
}

void Engine::Abort(int code) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    code_ = code;
    aborting_ = true;
    wake_.notify_one();
  }
  // The thread ends the process. It does not where it hangs inside of MPI_Init: mpirun then notices that a rank is
  // gone.
  std::this_thread::sleep_for(kGrace);
  std::fflush(nullptr);
  _exit(code);
}

void Engine::AbortNow() {
  if (initialized_) MPI_Abort(comm_, code_);
  _exit(code_);
}

}  // namespace blasnet::mpi
