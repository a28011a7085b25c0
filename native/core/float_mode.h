#pragma once

#include <cstdint>

#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#endif

namespace blasnet {

// How a thread's arithmetic treats denormal numbers, among others: a control register.
class FloatMode {
 public:
#if defined(__x86_64__) || defined(__i386__)
  using Word = unsigned;
  static constexpr Word kFlush = 0x8040;  // MXCSR: flush to zero, denormals are zero
  static Word Get() { return _mm_getcsr(); }
  static void Set(Word word) { _mm_setcsr(word); }
#elif defined(__aarch64__)
  using Word = uint64_t;
  static constexpr Word kFlush = uint64_t{1} << 24;  // FPCR: flush to zero
  static Word Get() {
    Word word;
    asm volatile("mrs %0, fpcr" : "=r"(word));
    return word;
  }
  static void Set(Word word) { asm volatile("msr fpcr, %0" ::"r"(word)); }
#else
  using Word = unsigned;
  static constexpr Word kFlush = 0;
  static Word Get() { return 0; }
  static void Set(Word) {}
#endif
};

// While it lives, this thread's arithmetic takes denormal numbers (float: below 1.2e-38) for 0. They carry no
// information here, since moments of weights that get no gradient any more decay through them, and each costs a core
// more than a hundred cycles.
class FlushDenormals {
 public:
  FlushDenormals() : before_(FloatMode::Get()) { FloatMode::Set(before_ | FloatMode::kFlush); }
  ~FlushDenormals() { FloatMode::Set(before_); }
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

 private:
  const FloatMode::Word before_;
};

}  // namespace blasnet
