// How each system tells what machine it runs on.

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "core/machine.h"
#include "core/pool.h"

#if defined(__linux__)
#include <sched.h>
#elif defined(__APPLE__)
#include <sys/sysctl.h>
#elif defined(_WIN32)
#define NOMINMAX  // macros of these names would stand in the way of std::max
#include <windows.h>
#endif

namespace blasnet {

namespace {

#if defined(__linux__)

std::vector<int> AllowedCpus() {
  std::vector<int> cpus;
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof(allowed), &allowed) == 0) {
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (CPU_ISSET(cpu, &allowed)) cpus.push_back(cpu);
    }
  }
  return cpus;
}

void ReadSystem(Machine& machine) {
  const auto text_of = [](const std::string& path) {
    std::ifstream file(path);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  ReadSysfs(text_of, AllowedCpus(), machine);
}

#elif defined(__APPLE__)

size_t SystemValue(const char* name) {
  int64_t value = 0;
  size_t length = sizeof(value);
  if (sysctlbyname(name, &value, &length, nullptr, 0) != 0 || value < 0) return 0;
  return static_cast<size_t>(value);
}

// The first of the names that the system knows: Apple's own processors have cores of several kinds, the fast ones
// first.
size_t SystemValue(const char* name, const char* other) {
  const size_t value = SystemValue(name);
  return value != 0 ? value : SystemValue(other);
}

void ReadSystem(Machine& machine) {
  machine.l1 = {SystemValue("hw.perflevel0.l1dcachesize", "hw.l1dcachesize"), 1};
  machine.l2 = {SystemValue("hw.perflevel0.l2cachesize", "hw.l2cachesize"), SystemValue("hw.perflevel0.cpusperl2")};
  machine.l3.bytes = SystemValue("hw.l3cachesize");
  machine.cpus = SystemValue("hw.logicalcpu");
  machine.cores = SystemValue("hw.physicalcpu");
  machine.numa_nodes = 1;
}

#elif defined(_WIN32)

void ReadSystem(Machine& machine) {
  DWORD_PTR allowed = 0, present = 0;
  // 0 where the process runs on several groups of 64 CPUs: then each core of this group counts.
  if (!GetProcessAffinityMask(GetCurrentProcess(), &allowed, &present) || allowed == 0) allowed = ~DWORD_PTR{0};
  DWORD bytes = 0;
  GetLogicalProcessorInformation(nullptr, &bytes);
  std::vector<SYSTEM_LOGICAL_PROCESSOR_INFORMATION> found(bytes / sizeof(SYSTEM_LOGICAL_PROCESSOR_INFORMATION));
  if (!GetLogicalProcessorInformation(found.data(), &bytes)) found.clear();
  const auto count = [](DWORD_PTR mask) {
    size_t bits = 0;
    for (; mask != 0; mask &= mask - 1) ++bits;
    return bits;
  };
  for (const auto& part : found) {
    if ((part.ProcessorMask & allowed) == 0) continue;
    if (part.Relationship == RelationProcessorCore) {
      ++machine.cores;
      machine.cpus += count(part.ProcessorMask & allowed);
    } else if (part.Relationship == RelationNumaNode) {
      ++machine.numa_nodes;
    } else if (part.Relationship == RelationCache && part.Cache.Type != CacheInstruction) {
      Cache* caches[] = {&machine.l1, &machine.l2, &machine.l3};
      const size_t level = part.Cache.Level;
      if (level < 1 || level > 3 || caches[level - 1]->bytes != 0) continue;
      *caches[level - 1] = {part.Cache.Size, count(part.ProcessorMask)};
    }
  }
}

#else

void ReadSystem(Machine&) {}

#endif

#if defined(__x86_64__)

// The instruction itself: headers that name it clash with those of Windows.
std::array<uint32_t, 4> AskCpu(uint32_t leaf, uint32_t subleaf) {
  std::array<uint32_t, 4> r;
  asm volatile("cpuid" : "=a"(r[0]), "=b"(r[1]), "=c"(r[2]), "=d"(r[3]) : "a"(leaf), "c"(subleaf));
  return r;
}

// Bits of what the system saves of a thread; 0 where it cannot be asked.
uint64_t SavedState() {
  if ((AskCpu(1, 0)[2] >> 27 & 1) == 0) return 0;
  uint32_t low, high;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return uint64_t{high} << 32 | low;
}

void ReadProcessor(Machine& machine) { ReadCpuid(AskCpu, SavedState(), machine); }

#else

void ReadProcessor(Machine&) {}

#endif

Machine Read() {
  Machine machine;
  ReadSystem(machine);
  ReadProcessor(machine);
  const size_t most = std::max(1u, std::thread::hardware_concurrency());
  if (machine.cpus == 0) machine.cpus = most;
  if (machine.cores == 0) machine.cores = most;
  return machine;
}

}  // namespace

const Machine& ThisMachine() {
  static const Machine machine = Read();
  return machine;
}

size_t PhysicalCores() { return ThisMachine().cores; }

}  // namespace blasnet
