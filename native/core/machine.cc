#include "core/machine.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <set>
#include <utility>

namespace blasnet {

namespace {

constexpr bool HasBit(uint64_t bits, int at) { return (bits >> at & 1) != 0; }
constexpr bool HasBits(uint64_t bits, uint64_t wanted) { return (bits & wanted) == wanted; }

Cache* LevelOf(Machine& machine, size_t level) {
  if (level < 1 || level > 3) return nullptr;
  return level == 1 ? &machine.l1 : level == 2 ? &machine.l2 : &machine.l3;
}

// The leaf that lists caches has one form with both makers: 4 with Intel, 0x8000001d with AMD.
void ReadCacheLeaf(const Cpuid& cpuid, uint32_t leaf, Machine& machine) {
  for (uint32_t i = 0; i < 16; ++i) {
    const auto [a, b, c, d] = cpuid(leaf, i);
    const uint32_t type = a & 31;
    if (type == 0) return;
    Cache* cache = LevelOf(machine, a >> 5 & 7);
    if (type == 2 || cache == nullptr || cache->bytes != 0) continue;  // 2: of instructions
    cache->bytes = size_t{(b >> 22) + 1} * ((b >> 12 & 1023) + 1) * ((b & 4095) + 1) * (size_t{c} + 1);
    cache->shared_by = (a >> 14 & 4095) + 1;
  }
}

std::string Trimmed(std::string text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.pop_back();
  return text;
}

}  // namespace

void ReadCpuid(const Cpuid& cpuid, uint64_t state, Machine& machine) {
  const uint32_t last = cpuid(0, 0)[0];
  if (last < 1) return;
  const uint32_t c1 = cpuid(1, 0)[2];
  const bool saves_ymm = HasBit(c1, 27) && HasBits(state, 0x6), saves_zmm = saves_ymm && HasBits(state, 0xe6);
  const bool saves_tiles = HasBit(c1, 27) && HasBits(state, 0x60000);
  if (last >= 7) {
    const auto [subleaves, b7, c7, d7] = cpuid(7, 0);
    const uint32_t a71 = subleaves >= 1 ? cpuid(7, 1)[0] : 0;
    const bool has_fma = HasBit(c1, 12);
    // F, DQ, CD, BW and VL: what kernels for 512 bits use.
    const bool has_avx512 = saves_zmm && HasBits(b7, 1u << 16 | 1u << 17 | 1u << 28 | 1u << 30 | 1u << 31);
    if (saves_ymm && has_fma && HasBit(b7, 5)) machine.vector_bytes = 32;
    if (has_fma && has_avx512) machine.vector_bytes = 64;
    machine.avx512_bf16 = has_avx512 && HasBit(a71, 5);
    machine.vnni = (has_avx512 && HasBit(c7, 11)) || (saves_ymm && HasBit(a71, 4));
    machine.amx_bf16 = saves_tiles && HasBits(d7, 1u << 24 | 1u << 22);
    machine.amx_int8 = saves_tiles && HasBits(d7, 1u << 24 | 1u << 25);
  }
  if (last >= 4) ReadCacheLeaf(cpuid, 4, machine);
  if (cpuid(0x80000000, 0)[0] >= 0x8000001d) ReadCacheLeaf(cpuid, 0x8000001d, machine);
}

void ReadSysfs(const TextOf& text_of, const std::vector<int>& allowed, Machine& machine) {
  const auto folder_of = [](int cpu) { return "/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/"; };
  const auto number_in = [&](const std::string& path) {
    const std::string text = text_of(path);
    return text.empty() ? -1 : std::atoi(text.c_str());
  };
  std::set<std::pair<int, int>> cores;
  for (const int cpu : allowed) {
    const std::string topology = folder_of(cpu) + "topology/";
    const int core = number_in(topology + "core_id");
    // Where the topology is hidden, each logical CPU counts as a core.
    cores.insert(core < 0 ? std::make_pair(-1, cpu)
                          : std::make_pair(number_in(topology + "physical_package_id"), core));
  }
  machine.cpus = allowed.size();
  machine.cores = cores.size();
  machine.numa_nodes = CountOfList(text_of("/sys/devices/system/node/online"));
  for (int i = 0; i < 8; ++i) {
    const std::string index = folder_of(0) + "cache/index" + std::to_string(i) + "/";
    const std::string type = Trimmed(text_of(index + "type"));
    Cache* cache = LevelOf(machine, static_cast<size_t>(std::max(0, number_in(index + "level"))));
    if (cache == nullptr || (type != "Data" && type != "Unified")) continue;
    cache->bytes = BytesOf(text_of(index + "size"));
    cache->shared_by = CountOfList(text_of(index + "shared_cpu_list"));
  }
}

size_t CountOfList(const std::string& list) {
  size_t count = 0;
  const char* at = list.c_str();
  while (std::isdigit(static_cast<unsigned char>(*at))) {
    char* end;
    const unsigned long first = std::strtoul(at, &end, 10);
    unsigned long last = first;
    if (*end == '-') last = std::strtoul(end + 1, &end, 10);
    if (last >= first) count += last - first + 1;
    at = *end == ',' ? end + 1 : end;
  }
  return count;
}

size_t BytesOf(const std::string& size) {
  char* unit;
  const size_t number = std::strtoul(size.c_str(), &unit, 10);
  const std::string name = Trimmed(unit);
  if (name == "K") return number << 10;
  if (name == "M") return number << 20;
  return name.empty() ? number : 0;
}

}  // namespace blasnet
