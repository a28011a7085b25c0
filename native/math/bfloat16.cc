#include "math/bfloat16.h"

#include <hwy/targets.h>

namespace blasnet {

bool HasNativeBfloat16() {
#if HWY_ARCH_X86_64 && (HWY_COMPILER_GCC || HWY_COMPILER_CLANG)
  // Tests may choose kernels for an older CPU than this one.
  static const bool has = (hwy::SupportedTargets() & HWY_AVX3) != 0 && __builtin_cpu_supports("avx512bf16") != 0;
  return has;
#else
  return false;
#endif
}

}  // namespace blasnet
