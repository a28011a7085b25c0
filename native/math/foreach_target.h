#pragma once

// Instruction sets that kernels are compiled for: SSE4, AVX2 and AVX-512 on x86, NEON on ARM, and one that any CPU of
// the kind has. The rest adds build time and binary size for no machine that people run Node.js on; vectors of the scalable sets
// (SVE) cannot be kept in arrays, which the products' register blocks need.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)

#include <hwy/foreach_target.h>
