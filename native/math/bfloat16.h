#pragma once

namespace blasnet {

// Whether this CPU and this build have the instruction that multiplies pairs of bfloat16 numbers (AVX-512 BF16).
bool CanMultiplyPairs();

// Whether kernels use it: only where that is faster than to multiply rounded numbers as float32. AMD's CPUs issue it as
// often as a multiplication of float32, with twice the terms; on Intel's, products took up to twice as long by it.
bool MultipliesPairs();

// Chooses for tests, before kernels run. No effect where the CPU cannot.
void SetMultipliesPairs(bool use);

}  // namespace blasnet
