#pragma once

#include <hwy/detect_compiler_arch.h>

// Instruction sets that kernels are compiled for: SSE4, AVX2 and AVX-512 on x86, NEON on ARM. The rest adds build time
// and binary size for no machine that people run Node.js on; vectors of the scalable sets (SVE) cannot be kept in
// arrays, which the products' register blocks need. The addon refuses to load on an x86 CPU without SSE4.
#if HWY_ARCH_X86 && !defined(HWY_COMPILE_ONLY_STATIC)
#define HWY_BASELINE_TARGETS HWY_SSE4
#endif
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)

#include <hwy/foreach_target.h>
