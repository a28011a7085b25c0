#pragma once

// A schedule whose plans write down that they ran.

#include <atomic>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <thread>

#include "core/replay.h"
#include "test/testing.h"

namespace blasnet::testing {

// Which plan ran, and what the scalars said then.
struct Record {
  char plan;  // 'b': begin, 'e': epoch, 's': step, 'l': last, 'u': update, 'g': gather, 'z': end
  double iteration, epoch, first_row;
  bool operator==(const Record&) const = default;
};

// What the plans' kernel does besides writing a record. One test at a time uses it, on one thread.
struct Recorder {
  std::vector<Record> records;
  std::optional<double> abort_at, not_finite_at, fail_at;  // iterations
  std::atomic<bool> abort{false};
  std::chrono::microseconds pause{0};

  static Recorder& Current() {
    static Recorder recorder;
    return recorder;
  }

  void Reset() {
    records.clear();
    abort_at = not_finite_at = fail_at = std::nullopt;
    abort = false;
    pause = std::chrono::microseconds{0};
  }
};

template <class T>
void RecordRun(Context&, Vector<double> scalars, double plan) {
  Recorder& recorder = Recorder::Current();
  const double iteration = scalars[scalars::kIteration];
  const bool is_step = plan != 'b' && plan != 'g' && plan != 'z';
  if (is_step && iteration == recorder.not_finite_at) throw NotFinite("no number");
  if (is_step && iteration == recorder.fail_at) throw std::runtime_error("no luck");
  recorder.records.push_back(
      {static_cast<char>(plan), iteration, scalars[scalars::kEpoch], scalars[scalars::kFirstRow]});
  if (iteration == recorder.abort_at) recorder.abort = true;
  if (recorder.pause.count() > 0) std::this_thread::sleep_for(recorder.pause);
}

class RecordingSchedule {
 public:
  RecordingSchedule(uint64_t steps_per_epoch, bool has_epoch, bool has_last) {
    if (has_epoch) schedule_.epoch = Recorded(epoch_, 'e');
    // As the binding does where every batch is a short one.
    if (!has_last || steps_per_epoch > 1) schedule_.step = Recorded(step_, 's');
    if (has_last) schedule_.last = Recorded(last_, 'l');
    schedule_.steps_per_epoch = steps_per_epoch;
    schedule_.batch_rows = kBatchRows;
    schedule_.scalars = slots_.data();
    schedule_.slot_count = slots_.size();
    Recorder::Current().Reset();
  }
  RecordingSchedule(const RecordingSchedule&) = delete;
  RecordingSchedule& operator=(const RecordingSchedule&) = delete;

  void AddBeginAndEnd() {
    schedule_.begin = Recorded(begin_, 'b');
    schedule_.end = Recorded(end_, 'z');
  }

  void AddGather() { schedule_.gather = Recorded(gather_, 'g'); }

  void AddUpdate(uint64_t steps_per_update) {
    schedule_.update = Recorded(update_, 'u');
    schedule_.steps_per_update = steps_per_update;
  }

  static constexpr uint64_t kBatchRows = 16;

  const Schedule& schedule() const { return schedule_; }
  Schedule& schedule() { return schedule_; }
  // One more than the named ones, as TypeScript appends its own.
  std::vector<double>& scalars() { return slots_; }
  Outcome Run(Range range, const ProgressCallback& progress = nullptr) {
    return Replay(SharedContext(), schedule_, range, Recorder::Current().abort, progress);
  }

 private:
  const Plan* Recorded(Plan& plan, char name) {
    static const Registry registry = [] {
      Registry registry;
      registry.Add<&RecordRun<float>, &RecordRun<double>>("record", {"scalars", "plan"});
      return registry;
    }();
    Operand tensor, constant;
    tensor.buffer = 0;
    tensor.shape.rank = 1;
    tensor.shape.shape[0] = slots_.size();
    constant.constant = name;
    plan.Add(registry.Find("record"), 0, {tensor, constant});
    plan.Bind(0, {reinterpret_cast<unsigned char*>(slots_.data()), slots_.size() * sizeof(double)});
    return &plan;
  }

  std::vector<double> slots_ = std::vector<double>(scalars::kCount + 1, -1.0);
  Plan begin_{1}, epoch_{1}, step_{1}, last_{1}, update_{1}, gather_{1}, end_{1};
  Schedule schedule_;
};

}  // namespace blasnet::testing
