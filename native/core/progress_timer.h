#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <utility>

namespace blasnet {

// Decides after which steps of a run to report progress: about ten times a second, however long a step takes. Reading
// the clock costs as much as a small net's kernel, so it is read every few steps: often enough for ten reports a
// second, seldom enough to cost nothing.
class ProgressTimer {
 public:
  using Clock = std::chrono::steady_clock;

  // now: the clock; tests give their own.
  explicit ProgressTimer(std::function<Clock::time_point()> now = Clock::now)
      : now_(std::move(now)), checked_(now_()), reported_(checked_) {}

  // Call after each step. True where a report is due.
  bool Due() {
    if (++steps_ < interval_) return false;
    const auto now = now_();
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
  std::function<Clock::time_point()> now_;
  uint64_t steps_ = 0, interval_ = 1;
  Clock::time_point checked_, reported_;
};

}  // namespace blasnet
