#pragma once

#include <chrono>
#include <thread>

#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#endif

namespace blasnet {

// Tells the core that this is a waiting loop.
inline void Pause() {
#if defined(__x86_64__) || defined(__i386__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("isb" ::: "memory");
#endif
}

// Waits for another thread that is sure to finish soon. After some microseconds it offers the core to whoever has work,
// which on a busy machine may be that very thread.
class Spinner {
 public:
  void Wait() {
    if (++spins_ < 500) {
      Pause();
    } else {
      std::this_thread::yield();
    }
  }

 private:
  int spins_ = 0;
};

// How a thread without work passes its time: it looks for some for longer than the pause between two kernels of a plan,
// since waking up takes as long as a kernel; then it looks between offers of its core to other threads; then it is time
// to sleep. By the clock, since a pause takes 10 to 140 cycles, as CPUs go.
class IdleTime {
 public:
  // Waits a little. Returns false when it is time to sleep.
  bool Wait() {
    if (is_patient_ && ++waits_ % 32 != 0) {
      Pause();
      return true;
    }
    const Clock::time_point now = Clock::now();
    if (since_ == Clock::time_point()) since_ = now;
    is_patient_ = now - since_ < std::chrono::microseconds(200);
    if (!is_patient_) std::this_thread::yield();
    return now - since_ < std::chrono::milliseconds(2);
  }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point since_;
  unsigned waits_ = 0;
  bool is_patient_ = true;
};

}  // namespace blasnet
