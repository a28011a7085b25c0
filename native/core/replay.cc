#include "core/replay.h"

#include <algorithm>
#include <chrono>
#include <exception>

#include "core/float_mode.h"
#include "core/slots.h"

namespace blasnet {

namespace {

using Clock = std::chrono::steady_clock;

// Reading the clock costs as much as a small net's kernel, so it is read once in a while: often enough for ten reports
// a second, seldom enough to cost nothing.
class ProgressTimer {
 public:
  bool Due() {
    if (++steps_ < interval_) return false;
    const auto now = Clock::now();
    const double since_check = std::chrono::duration<double>(now - checked_).count();
    checked_ = now;
    steps_ = 0;
    if (since_check < 0.005) interval_ = std::min<uint64_t>(interval_ * 2, 1u << 20);
    if (since_check > 0.020) interval_ = std::max<uint64_t>(interval_ / 2, 1);
    if (now - reported_ < std::chrono::milliseconds(100)) return false;
    reported_ = now;
    return true;
  }

 private:
  uint64_t steps_ = 0, interval_ = 1;
  Clock::time_point checked_ = Clock::now(), reported_ = checked_;
};

// The steps of a replay, and where they ended.
void RunSteps(Context& context, const Schedule& schedule, const Range& range, const std::atomic<bool>& abort,
              const ProgressCallback& progress, Outcome& outcome) {
  ProgressTimer timer;
  uint64_t epoch = range.first / schedule.steps_per_epoch;
  uint64_t batch = range.first % schedule.steps_per_epoch;
  for (uint64_t step = range.first; step < range.end; ++step) {
    if (abort.load(std::memory_order_relaxed)) {
      outcome.reason = Outcome::kAborted;
      return;
    }
    schedule.slots[slots::kIteration] = static_cast<double>(step);
    schedule.slots[slots::kEpoch] = static_cast<double>(epoch);
    schedule.slots[slots::kFirstRow] = static_cast<double>(batch * schedule.batch_rows);
    const bool begins_epoch = batch == 0 || (range.begin_epoch && step == range.first);
    if (begins_epoch && schedule.epoch != nullptr) schedule.epoch->Run(context);
    const bool is_last = batch + 1 == schedule.steps_per_epoch;
    const bool takes_last = is_last && schedule.last != nullptr;
    if (schedule.before_step) schedule.before_step(batch, takes_last);
    (takes_last ? schedule.last : schedule.step)->Run(context);
    outcome.next = step + 1;
    if (is_last) {
      batch = 0;
      ++epoch;
    } else {
      ++batch;
    }
    if (progress && timer.Due()) {
      progress(outcome.next, std::vector<double>(schedule.slots, schedule.slots + schedule.slot_count));
    }
  }
}

// Runs f, which may throw, and tells by outcome how it failed.
template <class F>
bool Try(Outcome& outcome, const F& f) {
  try {
    f();
    return true;
  } catch (const NotFinite& error) {
    outcome.reason = Outcome::kNotFinite;
    outcome.message = error.what();
  } catch (const std::exception& error) {
    outcome.reason = Outcome::kFailed;
    outcome.message = error.what();
  }
  return false;
}

}  // namespace

Outcome Replay(Context& context, const Schedule& schedule, const Range& range, const std::atomic<bool>& abort,
               const ProgressCallback& progress) {
  const FlushDenormals flush;
  Outcome outcome;
  outcome.next = range.first;
  const auto run = [&](const Plan* plan) {
    return Try(outcome, [&] {
      if (plan != nullptr) plan->Run(context);
    });
  };
  if (!run(schedule.begin)) return outcome;
  Try(outcome, [&] { RunSteps(context, schedule, range, abort, progress, outcome); });
  run(schedule.end);
  return outcome;
}

}  // namespace blasnet
