#pragma once

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

// Waits for another thread that is sure to finish soon; gives the core away when it does not.
class Spinner {
 public:
  void Wait() {
    if (++spins_ < 4000) {
      Pause();
    } else {
      std::this_thread::yield();
    }
  }

 private:
  int spins_ = 0;
};

}  // namespace blasnet
