#pragma once

// Properties of the machine that this process runs on. They are read once, when the library is loaded; rules.h derives
// sizes from them. A number that the system does not tell is 0.

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace blasnet {

struct Cache {
  size_t bytes = 0;
  size_t shared_by = 0;  // logical CPUs that have it in common
};

struct Machine {
  Cache l1, l2, l3;                         // of data, of the first CPU that this process may use
  size_t vector_bytes = 16;                 // of the widest vectors of floats that kernels use
  bool avx512_bf16 = false;                 // products of bfloat16 in vectors
  bool vnni = false;                        // products of int8 in vectors, of 512 bits or shorter ones
  bool amx_bf16 = false, amx_int8 = false;  // products in tiles, which the system has switched on
  size_t cpus = 0;                          // logical ones that this process may use
  size_t cores = 0;                         // physical ones of these
  size_t numa_nodes = 0;
};

// The registers eax, ebx, ecx, edx of the instruction cpuid for a leaf and a subleaf.
using Cpuid = std::function<std::array<uint32_t, 4>(uint32_t leaf, uint32_t subleaf)>;
// The content of a file of the system; empty where there is none.
using TextOf = std::function<std::string(const std::string& path)>;

// Vectors, further instructions, and the caches where they are not known yet. state: the register XCR0, whose bits are
// what the system saves of a thread; registers that it does not save must not be used.
void ReadCpuid(const Cpuid& cpuid, uint64_t state, Machine& machine);

// Caches, cores and NUMA nodes as Linux describes them under /sys. allowed: the CPUs that this process may use.
void ReadSysfs(const TextOf& text_of, const std::vector<int>& allowed, Machine& machine);

// How many numbers a list such as "0-3,8" has.
size_t CountOfList(const std::string& list);

// Bytes of a size such as "48K" or "2M"; 0 for anything else.
size_t BytesOf(const std::string& size);

const Machine& ThisMachine();

}  // namespace blasnet
