#include "core/progress_timer.h"
#include "test/replays.h"

namespace blasnet::testing {

namespace {

// What should run, step by step.
std::vector<Record> Expected(uint64_t steps_per_epoch, bool has_epoch, bool has_last, Range range) {
  std::vector<Record> records;
  for (uint64_t step = range.first; step < range.end; ++step) {
    const uint64_t epoch = step / steps_per_epoch, batch = step % steps_per_epoch;
    const auto add = [&](char plan) {
      records.push_back({plan, static_cast<double>(step), static_cast<double>(epoch),
                         static_cast<double>(batch * RecordingSchedule::kBatchRows)});
    };
    if (has_epoch && (batch == 0 || (range.begin_epoch && step == range.first))) add('e');
    add(has_last && batch == steps_per_epoch - 1 ? 'l' : 's');
  }
  return records;
}

std::vector<Record>& Records() { return Recorder::Current().records; }

// The names of the plans that ran.
std::string Plans() {
  std::string ran;
  for (const Record& record : Records()) ran += record.plan;
  return ran;
}

}  // namespace

TEST_SUITE_BEGIN("replay");

TEST_CASE("a replay runs epoch, step and last plans in their order from any step to any other") {
  for (const uint64_t steps_per_epoch : {1, 2, 5}) {
    for (const bool has_epoch : {false, true}) {
      for (const bool has_last : {false, true}) {
        RecordingSchedule schedule(steps_per_epoch, has_epoch, has_last);
        for (uint64_t first = 0; first <= 2 * steps_per_epoch; ++first) {
          for (uint64_t count = 0; count <= 3 * steps_per_epoch; ++count) {
            for (const bool begin_epoch : {false, true}) {
              INFO("steps per epoch, first, count = ", steps_per_epoch, ", ", first, ", ", count);
              Records().clear();
              const Range range{first, first + count, begin_epoch};
              const Outcome outcome = schedule.Run(range);
              CHECK(outcome.reason == Outcome::kFinished);
              CHECK(outcome.next == range.end);
              CHECK(outcome.message.empty());
              CHECK(Records() == Expected(steps_per_epoch, has_epoch, has_last, range));
            }
          }
        }
      }
    }
  }
}

TEST_CASE("a replay runs the plans for its begin and its end once each, however it ends") {
  RecordingSchedule schedule(3, true, true);
  schedule.AddBeginAndEnd();
  CHECK(schedule.Run({2, 5, false}).reason == Outcome::kFinished);
  CHECK(Plans() == "blessz");
  Recorder::Current().Reset();
  CHECK(schedule.Run({2, 2, true}).reason == Outcome::kFinished);
  CHECK(Plans() == "bz");
  Recorder::Current().Reset();
  Recorder::Current().abort_at = 3;
  CHECK(schedule.Run({2, 9, false}).reason == Outcome::kAborted);
  CHECK(Plans() == "blesz");
  Recorder::Current().Reset();
  Recorder::Current().not_finite_at = 3;
  Outcome outcome = schedule.Run({2, 9, false});
  CHECK(outcome.reason == Outcome::kNotFinite);
  CHECK(outcome.message == "no number");
  CHECK(Plans() == "blz");
  Recorder::Current().Reset();
  schedule.schedule().before_step = [](uint64_t batch, bool) {
    if (batch == 1) throw InvalidArgument("no rows");
  };
  outcome = schedule.Run({2, 9, false});
  CHECK(outcome.reason == Outcome::kFailed);
  CHECK(outcome.message == "no rows");
  CHECK(outcome.next == 4);
  CHECK(Plans() == "blesz");
}

TEST_CASE("a replay runs the plan that gathers before its end, unless it has failed") {
  RecordingSchedule schedule(3, true, true);
  schedule.AddBeginAndEnd();
  schedule.AddGather();
  CHECK(schedule.Run({2, 5, false}).reason == Outcome::kFinished);
  CHECK(Plans() == "blessgz");
  Recorder::Current().Reset();
  Recorder::Current().not_finite_at = 3;
  CHECK(schedule.Run({2, 9, false}).reason == Outcome::kNotFinite);
  CHECK(Plans() == "blgz");
  Recorder::Current().Reset();
  schedule.schedule().before_step = [](uint64_t, bool) { throw InvalidArgument("no rows"); };
  CHECK(schedule.Run({2, 9, false}).reason == Outcome::kFailed);
  CHECK(Plans() == "bz");
}

TEST_CASE("a replay runs the plan for an update after every few steps, and after the last step of an epoch") {
  RecordingSchedule schedule(5, true, true);
  schedule.AddBeginAndEnd();
  schedule.AddUpdate(2);
  CHECK(schedule.Run({0, 11, true}).reason == Outcome::kFinished);
  CHECK(Plans() == "bessussuluessussuluesz");
  Recorder::Current().Reset();
  CHECK(schedule.Run({3, 5, false}).reason == Outcome::kFinished);
  CHECK(Plans() == "bsuluz");  // the first of them ends a group that another replay began
  Recorder::Current().Reset();
  Recorder::Current().not_finite_at = 1;
  CHECK(schedule.Run({0, 5, true}).next == 1);
  CHECK(Plans() == "besz");
  schedule.schedule().steps_per_update = 1;
  Recorder::Current().Reset();
  CHECK(schedule.Run({3, 6, false}).reason == Outcome::kFinished);
  CHECK(Plans() == "bsuluesuz");
}

TEST_CASE("a replay tells what comes next before each step") {
  RecordingSchedule schedule(3, false, true);
  std::vector<std::pair<uint64_t, bool>> told;
  schedule.schedule().before_step = [&](uint64_t batch, bool is_last) {
    told.emplace_back(batch, is_last);
    CHECK(Records().size() == told.size() - 1);
    if (told.size() == 5) throw InvalidArgument("no rows");
  };
  const Outcome outcome = schedule.Run({1, 9, false});
  CHECK(told == std::vector<std::pair<uint64_t, bool>>{{1, false}, {2, true}, {0, false}, {1, false}, {2, true}});
  CHECK(outcome.reason == Outcome::kFailed);
  CHECK(outcome.next == 5);
  CHECK(outcome.message == "no rows");
}

TEST_CASE("replays one after another run what one replay would") {
  RecordingSchedule schedule(5, true, true);
  schedule.Run({0, 3, true});
  schedule.Run({3, 4, false});
  schedule.Run({4, 4, false});
  schedule.Run({4, 13, false});
  CHECK(Records() == Expected(5, true, true, {0, 13, true}));
}

TEST_CASE("a replay writes its own scalars and leaves the others") {
  RecordingSchedule schedule(5, true, true);
  schedule.Run({0, 13, true});
  CHECK(schedule.scalars()[scalars::kIteration] == 12);
  CHECK(schedule.scalars()[scalars::kEpoch] == 2);
  CHECK(schedule.scalars()[scalars::kFirstRow] == 32);
  for (size_t i = scalars::kRows; i < schedule.scalars().size(); ++i) CHECK(schedule.scalars()[i] == -1);
}

TEST_CASE("a replay that is aborted before its first step does nothing") {
  RecordingSchedule schedule(5, true, true);
  Recorder::Current().abort = true;
  const Outcome outcome = schedule.Run({7, 20, true});
  CHECK(outcome.reason == Outcome::kAborted);
  CHECK(outcome.next == 7);
  CHECK(Records().empty());
  CHECK(schedule.scalars() == std::vector<double>(scalars::kCount + 1, -1.0));
}

TEST_CASE("a replay that is aborted finishes its step") {
  RecordingSchedule schedule(5, true, true);
  Recorder::Current().abort_at = 8;
  const Outcome outcome = schedule.Run({2, 20, false});
  CHECK(outcome.reason == Outcome::kAborted);
  CHECK(outcome.next == 9);
  CHECK(Records() == Expected(5, true, true, {2, 9, false}));
}

TEST_CASE("a replay whose last step is done has finished, though it was aborted in it") {
  RecordingSchedule schedule(5, true, true);
  Recorder::Current().abort_at = 8;
  const Outcome outcome = schedule.Run({2, 9, false});
  CHECK(outcome.reason == Outcome::kFinished);
  CHECK(outcome.next == 9);
}

TEST_CASE("an exception ends a replay at its step") {
  struct Failure {
    std::optional<double> Recorder::*when;
    Outcome::Reason reason;
    const char* message;
  };
  for (const Failure& failure : {Failure{&Recorder::not_finite_at, Outcome::kNotFinite, "no number"},
                                 Failure{&Recorder::fail_at, Outcome::kFailed, "no luck"}}) {
    // 10 is the first step of an epoch: there the epoch plan fails.
    for (const uint64_t step : {2, 7, 10}) {
      RecordingSchedule schedule(5, true, true);
      Recorder::Current().*failure.when = static_cast<double>(step);
      const Outcome outcome = schedule.Run({2, 20, false});
      CHECK(outcome.reason == failure.reason);
      CHECK(outcome.message == failure.message);
      CHECK(outcome.next == step);
      CHECK(Records() == Expected(5, true, true, {2, step, false}));
    }
  }
}

TEST_CASE("a loss that is not finite ends a replay before the update that follows") {
  std::vector<double> scalars(scalars::kCount);
  scalars[scalars::kBatchLoss] = kNaN<double>;
  std::vector<double> theta = {1}, gradient = {1};
  CalledKernels().insert("require_finite_loss");
  const auto tensor = [](size_t buffer, size_t size) {
    Operand operand;
    operand.buffer = buffer;
    operand.shape.rank = 1;
    operand.shape.shape[0] = size;
    return operand;
  };
  Operand rate;
  rate.constant = 1;
  Plan plan(3);
  plan.Add(Kernels().Find("require_finite_loss"), 1, {tensor(0, scalars.size())});
  plan.Add(Kernels().Find("sgd_update"), 1, {tensor(1, 1), tensor(2, 1), rate});
  plan.Bind(0, {reinterpret_cast<unsigned char*>(scalars.data()), scalars.size() * sizeof(double)});
  plan.Bind(1, {reinterpret_cast<unsigned char*>(theta.data()), sizeof(double)});
  plan.Bind(2, {reinterpret_cast<unsigned char*>(gradient.data()), sizeof(double)});
  Schedule schedule;
  schedule.step = &plan;
  schedule.scalars = scalars.data();
  schedule.slot_count = scalars.size();
  const std::atomic<bool> never{false};
  Outcome outcome = Replay(SharedContext(), schedule, {3, 9, true}, never);
  CHECK(outcome.reason == Outcome::kNotFinite);
  CHECK(outcome.message == "the loss is not finite");
  CHECK(outcome.next == 3);
  CHECK(theta[0] == 1);
  scalars[scalars::kBatchLoss] = 0;
  outcome = Replay(SharedContext(), schedule, {3, 9, true}, never);
  CHECK(outcome.reason == Outcome::kFinished);
  CHECK(theta[0] == -5);
}

TEST_CASE("progress comes with copies of the scalars, which stay as they were") {
  RecordingSchedule schedule(50, true, true);
  Recorder::Current().pause = std::chrono::milliseconds(2);
  std::vector<uint64_t> steps;
  std::vector<std::vector<double>> copies;
  const Outcome outcome = schedule.Run({10, 260, true}, [&](uint64_t next, std::vector<double> scalars) {
    steps.push_back(next);
    copies.push_back(std::move(scalars));
  });
  CHECK(outcome.reason == Outcome::kFinished);
  CHECK(steps.size() >= 2);
  CHECK(std::is_sorted(steps.begin(), steps.end()));
  for (size_t i = 0; i < steps.size(); ++i) {
    REQUIRE(copies[i].size() == schedule.scalars().size());
    CHECK(copies[i][scalars::kIteration] == static_cast<double>(steps[i] - 1));
    CHECK(copies[i].back() == -1);
  }
}

TEST_CASE("a progress timer asks for ten reports a second, and seldom reads the clock where steps are short") {
  using std::chrono::microseconds;
  const auto run = [](microseconds step, int steps) {
    ProgressTimer::Clock::time_point now;
    int reads = 0, reports = 0;
    ProgressTimer timer([&] {
      ++reads;
      return now;
    });
    for (int i = 0; i < steps; ++i) {
      now += step;
      reports += timer.Due();
    }
    return std::pair{reports, reads};
  };
  // Ten seconds each, on a clock of the test's own.
  for (const int step : {1, 50, 2000}) {
    const auto [reports, reads] = run(microseconds(step), 10'000'000 / step);
    CHECK(reports >= 80);
    CHECK(reports <= 100);
    CHECK(reads <= 5000);
  }
  // Steps that take longer than a tenth of a second are reported each.
  CHECK(run(microseconds(150'000), 40).first == 40);
}

TEST_CASE("a progress callback that throws ends the replay after the step it was told of") {
  RecordingSchedule schedule(50, true, true);
  Recorder::Current().pause = std::chrono::milliseconds(20);
  uint64_t told = 0;
  const Outcome outcome = schedule.Run({0, 1000, true}, [&](uint64_t next, const std::vector<double>&) {
    told = next;
    throw std::runtime_error("nobody listens");
  });
  CHECK(outcome.reason == Outcome::kFailed);
  CHECK(outcome.message == "nobody listens");
  CHECK(outcome.next == told);
  CHECK(told > 0);
}

TEST_SUITE_END();

}  // namespace blasnet::testing
