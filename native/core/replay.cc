#include "core/replay.h"

#include <exception>

#include "core/float_mode.h"
#include "core/progress_timer.h"
#include "core/runtime_scalars.h"

namespace blasnet {

namespace {

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
    schedule.scalars[scalars::kIteration] = static_cast<double>(step);
    schedule.scalars[scalars::kEpoch] = static_cast<double>(epoch);
    schedule.scalars[scalars::kFirstRow] = static_cast<double>(batch * schedule.batch_rows);
    const bool begins_epoch = batch == 0 || (range.begin_epoch && step == range.first);
    if (begins_epoch && schedule.epoch != nullptr) schedule.epoch->Run(context);
    const bool is_last = batch + 1 == schedule.steps_per_epoch;
    const bool takes_last = is_last && schedule.last != nullptr;
    if (schedule.before_step) schedule.before_step(batch, takes_last);
    (takes_last ? schedule.last : schedule.step)->Run(context);
    const bool updates = is_last || (batch + 1) % schedule.steps_per_update == 0;
    if (updates && schedule.update != nullptr) schedule.update->Run(context);
    outcome.next = step + 1;
    if (is_last) {
      batch = 0;
      ++epoch;
    } else {
      ++batch;
    }
    if (progress && timer.Due()) {
      progress(outcome.next, std::vector<double>(schedule.scalars, schedule.scalars + schedule.slot_count));
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
  if (outcome.reason != Outcome::kFailed) run(schedule.gather);
  run(schedule.end);
  return outcome;
}

}  // namespace blasnet
