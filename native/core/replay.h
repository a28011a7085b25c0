#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/plan.h"

namespace blasnet {

// What to replay, and in which order: within an epoch, `step` for every batch but the last, then `last` (if the last
// batch is shorter; else `step` again). `epoch` runs before an epoch's first batch, `update` after every
// steps_per_update batches and after an epoch's last one. Training and evaluation alike.
// `begin` and `end` run once each, before and after all that, however it ends; `gather` once before `end`, unless a
// plan has failed for another reason than a number that is not finite.
struct Schedule {
  const Plan* begin = nullptr;   // may be absent
  const Plan* gather = nullptr;  // may be absent
  const Plan* end = nullptr;     // may be absent
  const Plan* epoch = nullptr;   // may be absent
  const Plan* step = nullptr;    // may be absent where every batch is a short one
  const Plan* last = nullptr;    // may be absent
  const Plan* update = nullptr;  // may be absent
  uint64_t steps_per_epoch = 1;
  uint64_t steps_per_update = 1;
  uint64_t batch_rows = 1;
  double* scalars = nullptr;  // scalars::kCount doubles or more
  size_t slot_count = 0;
  // Told before a step which batch of the epoch it is, and whether `last` comes next; may be absent. A throw ends the
  // run before that step.
  std::function<void(uint64_t batch, bool is_last)> before_step;
};

struct Outcome {
  enum Reason { kFinished, kAborted, kNotFinite, kFailed };
  Reason reason = kFinished;
  uint64_t next = 0;    // the first step that was not finished
  std::string message;  // for kNotFinite and kFailed
};

// Told, about ten times a second, how far a run is and what the scalars hold. Called on the replaying thread.
using ProgressCallback = std::function<void(uint64_t next, std::vector<double> scalars)>;

// Which steps to replay: [first, end), counted over all epochs. begin_epoch: run the epoch plan before the first one
// even where that is in mid-epoch, because its results are not there yet.
struct Range {
  uint64_t first = 0, end = 0;
  bool begin_epoch = true;
};

// Stops before a step when abort becomes true. Never throws.
Outcome Replay(Context& context, const Schedule& schedule, const Range& range, const std::atomic<bool>& abort,
               const ProgressCallback& progress = nullptr);

}  // namespace blasnet
