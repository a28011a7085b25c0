#pragma once

namespace blasnet {

// How products of bfloat16 numbers are computed.
enum class Bfloat16Way {
  kFloats,  // rounded numbers are multiplied as float32
  kPairs,   // by the instruction that multiplies vectors of pairs (AVX-512 BF16)
  kTiles,   // by the one that multiplies tiles of pairs (AMX)
};

// Whether this CPU and this build have the instructions.
bool CanMultiply(Bfloat16Way way);

// How kernels compute: by tiles where the CPU has them. By pairs only where that is faster than to multiply rounded
// numbers as float32: AMD's CPUs issue the instruction as often as a multiplication of float32, with twice the terms;
// on Intel's, products took up to twice as long by it.
Bfloat16Way WayOfBfloat16();

// Chooses for tests, before kernels run. No effect where the CPU cannot.
void SetWayOfBfloat16(Bfloat16Way way);

// 'emulated', 'native' and 'amx'
const char* NameOf(Bfloat16Way way);

}  // namespace blasnet
