#pragma once

#include <hwy/detect_compiler_arch.h>

// Instruction sets that kernels are compiled for: SSE4, AVX2 and AVX-512 on x86, NEON on ARM. The rest adds build time
// and binary size for no machine that people run Node.js on, or for no instruction that floats and doubles have a use
// for; vectors of the scalable sets (SVE) cannot be kept in arrays, which the products' register blocks need. The addon
// refuses to load on an x86 CPU without SSE4.
#if HWY_ARCH_X86 && !defined(HWY_COMPILE_ONLY_STATIC)
#define HWY_BASELINE_TARGETS HWY_SSE4
#endif
#define HWY_DISABLED_TARGETS                                                                                         \
  (HWY_SSSE3 | HWY_AVX3_ZEN4 | HWY_AVX3_SPR | (HWY_NEON_WITHOUT_AES != 0 ? HWY_NEON : 0) | HWY_NEON_BF16 | HWY_SVE | \
   HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)

#include <hwy/detect_targets.h>

// Names that this version of Highway does not have stand for no instruction set.
#ifndef HWY_AVX3_ZEN4
#define HWY_AVX3_ZEN4 0
#endif
#ifndef HWY_AVX3_SPR
#define HWY_AVX3_SPR 0
#endif
#ifndef HWY_NEON_WITHOUT_AES
#define HWY_NEON_WITHOUT_AES 0
#endif
#ifndef HWY_NEON_BF16
#define HWY_NEON_BF16 0
#endif

#include <hwy/foreach_target.h>
