#include "math/bfloat16.h"

#include <hwy/targets.h>

#include <atomic>

#include "math/tiles.h"

namespace blasnet {

namespace {

#if HWY_ARCH_X86_64 && (HWY_COMPILER_GCC || HWY_COMPILER_CLANG)

// Tests may choose kernels for an older CPU than this one.
bool UsesAvx512() { return (hwy::SupportedTargets() & HWY_AVX3) != 0; }
bool HasPairs() { return UsesAvx512() && __builtin_cpu_supports("avx512bf16") != 0; }
bool HasTiles() { return HasPairs() && CanUsePairTiles(); }
bool IsFasterByPairs() { return __builtin_cpu_is("amd") != 0; }

#else

bool HasPairs() { return false; }
bool HasTiles() { return false; }
bool IsFasterByPairs() { return false; }

#endif

Bfloat16Way Best() {
  if (HasTiles()) return Bfloat16Way::kTiles;
  return HasPairs() && IsFasterByPairs() ? Bfloat16Way::kPairs : Bfloat16Way::kFloats;
}

std::atomic<Bfloat16Way>& Choice() {
  static std::atomic<Bfloat16Way> choice{Best()};
  return choice;
}

}  // namespace

bool CanMultiply(Bfloat16Way way) {
  if (way == Bfloat16Way::kTiles) return HasTiles();
  return way == Bfloat16Way::kFloats || HasPairs();
}

Bfloat16Way WayOfBfloat16() { return Choice().load(std::memory_order_relaxed); }

void SetWayOfBfloat16(Bfloat16Way way) {
  if (CanMultiply(way)) Choice().store(way, std::memory_order_relaxed);
}

const char* NameOf(Bfloat16Way way) {
  if (way == Bfloat16Way::kTiles) return "amx";
  return way == Bfloat16Way::kPairs ? "native" : "emulated";
}

}  // namespace blasnet
