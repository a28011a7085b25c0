// Runs the native tests. BLASNET_TEST_TARGET names an instruction set (SCALAR, SSE4, AVX2, AVX3) to test instead of the
// best one that the CPU has.

#define DOCTEST_CONFIG_IMPLEMENT
#include "test/testing.h"

#include <cstdio>
#include <cstdlib>

#include <hwy/targets.h>

#include "math/gemm.h"

namespace {

// Returns whether the CPU has the instruction set. Must come before the first use of Kernels().
bool UseTarget(const std::string& name) {
  for (int64_t targets = hwy::SupportedTargets() | HWY_STATIC_TARGET; targets != 0; targets &= targets - 1) {
    const int64_t target = targets & -targets;
    if (name != hwy::TargetName(target)) continue;
    hwy::SetSupportedTargetsForTest(target);
    return true;
  }
  return false;
}

// Kernels that no test called. Each needs a naive twin.
int CountUntested() {
  int untested = 0;
  for (const auto& [name, kernel] : blasnet::Kernels().kernels()) {
    if (blasnet::testing::CalledKernels().contains(name)) continue;
    std::fprintf(stderr, "Expected a native test of the kernel %s\n", name.c_str());
    ++untested;
  }
  return untested;
}

}  // namespace

int main(int argc, char** argv) {
  if (const char* target = std::getenv("BLASNET_TEST_TARGET"); target != nullptr && !UseTarget(target)) {
    std::fprintf(stderr, "This CPU cannot run %s: skipped\n", target);
    return 0;
  }
  blasnet::PrepareBlas(nullptr);
  doctest::Context context(argc, argv);
  const int failed = context.run();
  // Arguments select tests: only a whole run can tell.
  return failed != 0 || argc > 1 ? failed : CountUntested();
}
