#include "machine.h"

#include <cblas.h>

#include <algorithm>
#include <chrono>
#include <cstring>

#include "buffer.h"

namespace handwritten {

namespace {

/** The shortest of seven runs, in seconds: interference only ever adds. */
template <typename Run>
double BestSeconds(Run run) {
  double best = 1e300;
  for (int i = 0; i < 7; ++i) {
    const auto start = std::chrono::steady_clock::now();
    run();
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

double SgemmGflops() {
  constexpr int kSize = 1024;
  Buffer a(size_t{kSize} * kSize);
  Buffer b(size_t{kSize} * kSize);
  Buffer c(size_t{kSize} * kSize);
  std::fill_n(a.data(), a.size(), 0.5F);
  std::fill_n(b.data(), b.size(), 0.25F);
  const double seconds = BestSeconds([&] {
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, kSize, kSize, kSize, 1.0F, a.data(), kSize, b.data(), kSize,
                0.0F, c.data(), kSize);
  });
  return 2.0 * kSize * kSize * kSize / seconds / 1e9;
}

double CopyGbs() {
  Buffer from(size_t{1} << 26U);  // 256 MiB each
  Buffer to(from.size());
  const size_t bytes = from.size() * sizeof(float);
  volatile float seen = 0.0F;  // a copy that nobody reads would be compiled away
  const double seconds = BestSeconds([&] {
    std::memcpy(to.data(), from.data(), bytes);
    seen = to[to.size() / 2] + seen;
  });
  return 2.0 * static_cast<double>(bytes) / seconds / 1e9;
}

}  // namespace

Machine MeasureMachine() { return {SgemmGflops(), CopyGbs()}; }

}  // namespace handwritten
