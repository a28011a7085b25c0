#include "core/machine.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/pool.h"
#include "core/rules.h"
#include "test/testing.h"

namespace blasnet::testing {

namespace {

using Leaves = std::map<std::pair<uint32_t, uint32_t>, std::array<uint32_t, 4>>;
using Files = std::map<std::string, std::string>;

constexpr size_t kKilobyte = 1024, kMegabyte = 1024 * kKilobyte;

// Registers that the system saves for a thread: SSE alone; with AVX; with AVX-512; with tiles as well.
constexpr uint64_t kSse = 0x3, kAvx = 0x7, kAvx512 = 0xe7, kTiles = 0x600e7;

Cpuid CpuidOf(const Leaves& leaves) {
  return [leaves](uint32_t leaf, uint32_t subleaf) {
    const auto found = leaves.find({leaf, subleaf});
    return found == leaves.end() ? std::array<uint32_t, 4>{} : found->second;
  };
}

TextOf TextsOf(const Files& files) {
  return [files](const std::string& path) {
    const auto found = files.find(path);
    return found == files.end() ? std::string() : found->second;
  };
}

// One CPU's files under /sys as Linux writes them, each with a line's end.
void AddCpu(Files& files, int cpu, const std::string& core, const std::string& package,
            const std::vector<std::array<std::string, 4>>& caches) {
  const std::string folder = "/sys/devices/system/cpu/cpu" + std::to_string(cpu);
  files[folder + "/topology/core_id"] = core + "\n";
  files[folder + "/topology/physical_package_id"] = package + "\n";
  for (size_t i = 0; i < caches.size(); ++i) {
    const std::string index = folder + "/cache/index" + std::to_string(i);
    const char* names[] = {"/level", "/type", "/size", "/shared_cpu_list"};
    for (size_t part = 0; part < 4; ++part) files[index + names[part]] = caches[i][part] + "\n";
  }
}

// A Xeon of Emerald Rapids in a virtual machine: no tiles, and the L3 of the whole socket for two cores.
const Leaves kXeon = {
    {{0, 0}, {0x1c, 0x756e6547, 0x6c65746e, 0x49656e69}},
    {{1, 0}, {0x000c06f2, 0x00020800, 0xfffa3203, 0x1f8bfbff}},
    {{4, 0}, {0x04000121, 0x02c0003f, 0x0000003f, 0}},
    {{4, 1}, {0x04000122, 0x01c0003f, 0x0000003f, 0}},
    {{4, 2}, {0x04000143, 0x03c0003f, 0x000007ff, 0}},
    {{4, 3}, {0x04004163, 0x04c0003f, 0x00033fff, 0}},
    {{7, 0}, {2, 0xf1bf2ffb, 0x1a415f46, 0x20814010}},
    {{7, 1}, {0x00001c30, 0, 0, 0}},
    {{0x80000000, 0}, {0x80000021, 0, 0, 0}},
};

// The same on bare metal, with tiles for bfloat16 and int8.
Leaves XeonWithTiles() {
  Leaves leaves = kXeon;
  leaves[{7, 0}][3] |= 1u << 22 | 1u << 24 | 1u << 25;
  return leaves;
}

// A Core of Skylake: AVX2, two threads a core.
const Leaves kCore = {
    {{0, 0}, {0x16, 0x756e6547, 0x6c65746e, 0x49656e69}},
    {{1, 0}, {0x000506e3, 0x00100800, 0x7ffafbff, 0xbfebfbff}},
    {{4, 0}, {0x1c004121, 0x01c0003f, 0x0000003f, 0}},
    {{4, 1}, {0x1c004122, 0x01c0003f, 0x0000003f, 0}},
    {{4, 2}, {0x1c004143, 0x00c0003f, 0x000003ff, 0}},
    {{4, 3}, {0x1c03c163, 0x03c0003f, 0x00001fff, 0}},
    {{7, 0}, {0, 0x029c6fbf, 0, 0}},
    {{0x80000000, 0}, {0x80000008, 0, 0, 0}},
};

// An EPYC of Zen 5: AVX-512 with BF16 and VNNI; AMD lists its caches in a leaf of its own.
const Leaves kZen5 = {
    {{0, 0}, {0x10, 0x68747541, 0x444d4163, 0x69746e65}},
    {{1, 0}, {0x00b00f21, 0x00100800, 0x7efa320b, 0x178bfbff}},
    {{7, 0}, {1, 0xf1bf97a9, 0x18415fda, 0x30000010}},
    {{7, 1}, {0x00000030, 0, 0, 0}},
    {{0x80000000, 0}, {0x80000028, 0, 0, 0}},
    {{0x8000001d, 0}, {0x00004121, 0x02c0003f, 0x0000003f, 0}},
    {{0x8000001d, 1}, {0x00004122, 0x01c0003f, 0x0000003f, 0}},
    {{0x8000001d, 2}, {0x00004143, 0x03c0003f, 0x000003ff, 0}},
    {{0x8000001d, 3}, {0x0003c163, 0x03c0003f, 0x00007fff, 0}},
};

Machine MachineOf(const Leaves& leaves, uint64_t state) {
  Machine machine;
  ReadCpuid(CpuidOf(leaves), state, machine);
  return machine;
}

// A Ryzen of Zen 2, whose L3 four cores of eight share.
Machine Zen2() {
  Files files = {{"/sys/devices/system/node/online", "0\n"}};
  std::vector<int> all;
  for (int cpu = 0; cpu < 16; ++cpu) {
    const int core = cpu % 8;
    const std::string own = std::to_string(core) + "," + std::to_string(core + 8);
    const std::string complex = core < 4 ? "0-3,8-11" : "4-7,12-15";
    AddCpu(files, cpu, std::to_string(core), "0",
           {{"1", "Data", "32K", own},
            {"1", "Instruction", "32K", own},
            {"2", "Unified", "512K", own},
            {"3", "Unified", "16384K", complex}});
    all.push_back(cpu);
  }
  Machine machine;
  machine.vector_bytes = 32;
  ReadSysfs(TextsOf(files), all, machine);
  return machine;
}

// An ARM board whose four cores share their L2, and which has no L3.
Machine ArmBoard() {
  Files files = {{"/sys/devices/system/node/online", "0\n"}};
  for (int cpu = 0; cpu < 4; ++cpu) {
    AddCpu(files, cpu, std::to_string(cpu), "0",
           {{"1", "Data", "32K", std::to_string(cpu)},
            {"1", "Instruction", "48K", std::to_string(cpu)},
            {"2", "Unified", "1024K", "0-3"}});
  }
  Machine machine;
  ReadSysfs(TextsOf(files), {0, 1, 2, 3}, machine);
  return machine;
}

}  // namespace

TEST_CASE("cpuid tells the vectors that the CPU has and the system saves") {
  const Machine xeon = MachineOf(kXeon, kAvx512);
  CHECK(xeon.vector_bytes == 64);
  CHECK(xeon.avx512_bf16);
  CHECK(xeon.vnni);
  CHECK_FALSE(xeon.amx_bf16);
  CHECK_FALSE(xeon.amx_int8);

  const Machine without_state = MachineOf(kXeon, kAvx);
  CHECK(without_state.vector_bytes == 32);
  CHECK_FALSE(without_state.avx512_bf16);
  CHECK(without_state.vnni);  // its VNNI of 256 bits
  CHECK(MachineOf(kXeon, kSse).vector_bytes == 16);

  const Machine core = MachineOf(kCore, kAvx);
  CHECK(core.vector_bytes == 32);
  CHECK_FALSE(core.avx512_bf16);
  CHECK_FALSE(core.vnni);

  const Machine zen5 = MachineOf(kZen5, kAvx512);
  CHECK(zen5.vector_bytes == 64);
  CHECK(zen5.avx512_bf16);
  CHECK(zen5.vnni);
  CHECK_FALSE(zen5.amx_bf16);
}

TEST_CASE("tiles of AMX count where the system has switched them on") {
  const Machine machine = MachineOf(XeonWithTiles(), kTiles);
  CHECK(machine.amx_bf16);
  CHECK(machine.amx_int8);
  CHECK_FALSE(MachineOf(XeonWithTiles(), kAvx512).amx_bf16);
  CHECK_FALSE(MachineOf(XeonWithTiles(), kAvx512).amx_int8);
}

TEST_CASE("cpuid tells the caches of both makers") {
  const Machine xeon = MachineOf(kXeon, kAvx512);
  CHECK(xeon.l1.bytes == 48 * kKilobyte);
  CHECK(xeon.l2.bytes == 2 * kMegabyte);
  CHECK(xeon.l2.shared_by == 1);
  CHECK(xeon.l3.bytes == 260 * kMegabyte);
  CHECK(xeon.l3.shared_by == 2);

  const Machine core = MachineOf(kCore, kAvx);
  CHECK(core.l1.bytes == 32 * kKilobyte);
  CHECK(core.l2.bytes == 256 * kKilobyte);
  CHECK(core.l2.shared_by == 2);
  CHECK(core.l3.bytes == 8 * kMegabyte);

  const Machine zen5 = MachineOf(kZen5, kAvx512);
  CHECK(zen5.l1.bytes == 48 * kKilobyte);
  CHECK(zen5.l2.bytes == kMegabyte);
  CHECK(zen5.l3.bytes == 32 * kMegabyte);
  CHECK(zen5.l3.shared_by == 16);

  CHECK(MachineOf({}, 0).l2.bytes == 0);
}

TEST_CASE("sysfs tells caches, cores and who shares them, and cpuid does not replace it") {
  const Machine zen2 = Zen2();
  CHECK(zen2.cpus == 16);
  CHECK(zen2.cores == 8);
  CHECK(zen2.l1.shared_by == 2);
  CHECK(zen2.numa_nodes == 1);
  CHECK(zen2.l1.bytes == 32 * kKilobyte);
  CHECK(zen2.l2.bytes == 512 * kKilobyte);
  CHECK(zen2.l2.shared_by == 2);
  CHECK(zen2.l3.bytes == 16 * kMegabyte);
  CHECK(zen2.l3.shared_by == 8);

  Machine both = zen2;
  ReadCpuid(CpuidOf(kXeon), kAvx512, both);
  CHECK(both.l2.bytes == 512 * kKilobyte);
  CHECK(both.l2.shared_by == 2);

  const Machine board = ArmBoard();
  CHECK(board.cores == 4);
  CHECK(board.l1.shared_by == 1);
  CHECK(board.l1.bytes == 32 * kKilobyte);
  CHECK(board.l2.shared_by == 4);
  CHECK(board.l3.bytes == 0);
  CHECK(board.vector_bytes == 16);
}

TEST_CASE("cores are counted among the CPUs that the process may use") {
  Files files = {{"/sys/devices/system/node/online", "0-1\n"}};
  for (int cpu = 0; cpu < 8; ++cpu) AddCpu(files, cpu, std::to_string(cpu / 2 % 2), std::to_string(cpu / 4), {});
  Machine machine;
  ReadSysfs(TextsOf(files), {1, 4, 5, 6}, machine);
  CHECK(machine.cpus == 4);
  CHECK(machine.cores == 3);  // core 0 of the first socket, both of the second
  CHECK(machine.numa_nodes == 2);
  CHECK(machine.l2.bytes == 0);

  // Where the topology is hidden, each logical CPU counts as a core.
  Machine hidden;
  ReadSysfs(TextsOf({}), {0, 1, 2}, hidden);
  CHECK(hidden.cores == 3);
  CHECK(hidden.numa_nodes == 0);
}

TEST_CASE("lists of CPUs and sizes are read as Linux writes them") {
  CHECK(CountOfList("0\n") == 1);
  CHECK(CountOfList("0-3,8-11\n") == 8);
  CHECK(CountOfList("0,2,4") == 3);
  CHECK(CountOfList("") == 0);
  CHECK(CountOfList("none") == 0);
  CHECK(CountOfList("5-2") == 0);
  CHECK(BytesOf("48K\n") == 48 * kKilobyte);
  CHECK(BytesOf("2M") == 2 * kMegabyte);
  CHECK(BytesOf("4096") == 4096);
  CHECK(BytesOf("") == 0);
  CHECK(BytesOf("12 apples") == 0);
}

TEST_CASE("sizes follow from each core's share of the second-level cache") {
  const Rules xeon = RulesFor(MachineOf(kXeon, kAvx512));
  CHECK(xeon.near_bytes == kMegabyte);
  CHECK(xeon.part_rows == 256);
  CHECK(xeon.large_factor == 1 << 17);
  CHECK(xeon.cached_matrix == kMegabyte);
  CHECK(xeon.tile_product == 1 << 21);
  CHECK(xeon.large_product() == 1 << 22);

  const Rules zen5 = RulesFor(MachineOf(kZen5, kAvx512));
  CHECK(zen5.near_bytes == 512 * kKilobyte);
  CHECK(zen5.part_rows == 128);
  CHECK(zen5.large_factor == 1 << 17);
  CHECK(zen5.cached_matrix == kMegabyte);

  const Rules zen2 = RulesFor(Zen2());
  CHECK(zen2.near_bytes == 256 * kKilobyte);
  CHECK(zen2.part_rows == 64);
  CHECK(zen2.large_factor == 1 << 16);
  CHECK(zen2.cached_matrix == 512 * kKilobyte);
  CHECK(zen2.tile_product == 1 << 21);

  const Machine core = MachineOf(kCore, kAvx);
  CHECK(RulesFor(core).near_bytes == 128 * kKilobyte);
  CHECK(RulesFor(core).part_rows == 32);

  // A quarter of the board's L2, and vectors of 128 bits.
  const Rules board = RulesFor(ArmBoard());
  CHECK(board.near_bytes == 128 * kKilobyte);
  CHECK(board.tile_product == 1 << 20);
}

TEST_CASE("sizes keep within bounds whatever a virtual machine says of its caches") {
  Machine machine;
  const Rules unknown = RulesFor(machine);
  CHECK(unknown.near_bytes == 256 * kKilobyte);
  machine.l2 = {64 * kMegabyte, 1};
  CHECK(RulesFor(machine).near_bytes == kMegabyte);
  CHECK(RulesFor(machine).large_factor == 1 << 17);
  machine.l2 = {kKilobyte, 400};
  CHECK(RulesFor(machine).near_bytes == 128 * kKilobyte);
  for (size_t kilobytes = 1; kilobytes < 4096; kilobytes += 37) {
    machine.l2 = {kilobytes * kKilobyte, 1};
    const Rules rules = RulesFor(machine);
    CHECK(rules.part_rows >= 32);
    CHECK(rules.part_rows % 32 == 0);
  }
}

TEST_CASE("sizes do not depend on how many cores the process may use") {
  Machine machine = Zen2();
  const Rules all = RulesFor(machine);
  machine.cpus = 4;
  machine.cores = 2;
  const Rules some = RulesFor(machine);
  CHECK(some.near_bytes == all.near_bytes);
  CHECK(some.tile_product == all.tile_product);
}

TEST_CASE("this machine has cores and rules") {
  CHECK(ThisMachine().cores >= 1);
  CHECK(ThisMachine().cpus >= ThisMachine().cores);
  CHECK(PhysicalCores() == ThisMachine().cores);
  const Rules rules = RulesFor(ThisMachine());
  CHECK(kRules.near_bytes == rules.near_bytes);
  CHECK(kRules.part_rows == rules.part_rows);
  CHECK(kRules.tile_product == rules.tile_product);
}

}  // namespace blasnet::testing
