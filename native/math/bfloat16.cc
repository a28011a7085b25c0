#include "math/bfloat16.h"

#include <hwy/targets.h>

#include <atomic>

namespace blasnet {

namespace {

bool IsFaster() {
#if HWY_ARCH_X86_64 && (HWY_COMPILER_GCC || HWY_COMPILER_CLANG)
  return CanMultiplyPairs() && __builtin_cpu_is("amd") != 0;
#else
  return false;
#endif
}

std::atomic<bool>& Choice() {
  static std::atomic<bool> choice{IsFaster()};
  return choice;
}

}  // namespace

bool CanMultiplyPairs() {
#if HWY_ARCH_X86_64 && (HWY_COMPILER_GCC || HWY_COMPILER_CLANG)
  // Tests may choose kernels for an older CPU than this one.
  return (hwy::SupportedTargets() & HWY_AVX3) != 0 && __builtin_cpu_supports("avx512bf16") != 0;
#else
  return false;
#endif
}

bool MultipliesPairs() { return Choice().load(std::memory_order_relaxed); }

void SetMultipliesPairs(bool use) { Choice().store(use && CanMultiplyPairs(), std::memory_order_relaxed); }

}  // namespace blasnet
