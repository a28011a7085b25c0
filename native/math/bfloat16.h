#pragma once

namespace blasnet {

// Whether kernels multiply bfloat16 numbers by instructions of the CPU (AVX-512 BF16), rather than as float32.
bool HasNativeBfloat16();

}  // namespace blasnet
