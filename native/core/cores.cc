#include <algorithm>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

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

#if defined(__linux__)

namespace {

int ReadTopology(int cpu, const char* what) {
  std::ifstream file("/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/" + what);
  int value = -1;
  file >> value;
  return value;
}

}  // namespace

size_t PhysicalCores() {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0) return std::max(1u, std::thread::hardware_concurrency());
  std::set<std::pair<int, int>> cores;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed)) continue;
    const int core = ReadTopology(cpu, "core_id");
    // Where the topology is hidden, each logical CPU counts as a core.
    cores.insert(core < 0 ? std::make_pair(-1, cpu) : std::make_pair(ReadTopology(cpu, "physical_package_id"), core));
  }
  return std::max<size_t>(1, cores.size());
}

#elif defined(_WIN32)

size_t PhysicalCores() {
  DWORD_PTR allowed = 0, present = 0;
  // 0 where the process runs on several groups of 64 CPUs: then each core of this group counts.
  if (!GetProcessAffinityMask(GetCurrentProcess(), &allowed, &present) || allowed == 0) allowed = ~DWORD_PTR{0};
  DWORD bytes = 0;
  GetLogicalProcessorInformation(nullptr, &bytes);
  std::vector<SYSTEM_LOGICAL_PROCESSOR_INFORMATION> found(bytes / sizeof(SYSTEM_LOGICAL_PROCESSOR_INFORMATION));
  if (!GetLogicalProcessorInformation(found.data(), &bytes)) found.clear();
  const auto cores = std::count_if(found.begin(), found.end(), [allowed](const auto& part) {
    return part.Relationship == RelationProcessorCore && (part.ProcessorMask & allowed) != 0;
  });
  return cores > 0 ? static_cast<size_t>(cores) : std::max(1u, std::thread::hardware_concurrency());
}

#else

size_t PhysicalCores() {
#if defined(__APPLE__)
  int cores = 0;
  size_t length = sizeof(cores);
  if (sysctlbyname("hw.physicalcpu", &cores, &length, nullptr, 0) == 0 && cores > 0) return static_cast<size_t>(cores);
#endif
  return std::max(1u, std::thread::hardware_concurrency());
}

#endif

}  // namespace blasnet
