#include "math/gemm.h"

#include <cstdlib>
#include <mutex>

#ifdef BLASNET_ACCELERATE
#include <Accelerate/Accelerate.h>
#else
#include <cblas.h>
#endif

// Present in OpenBLAS only, so that any other library with the CBLAS interface can be linked instead.
extern "C" {
__attribute__((weak)) void openblas_set_num_threads(int threads);
__attribute__((weak)) char* openblas_get_config(void);
__attribute__((weak)) char* openblas_get_corename(void);
// How builds for several CPUs choose their kernels when they are loaded: by the CPU, or by the variable below.
__attribute__((weak)) void gotoblas_dynamic_init(void);
__attribute__((weak)) void gotoblas_dynamic_quit(void);
}

namespace blasnet {

namespace {

constexpr char kCoreVariable[] = "OPENBLAS_CORETYPE";

// What the library took this CPU for, where that was replaced.
std::string replaced_core;

// An OpenBLAS that is older than the CPU takes it for one of 2004, Prescott, and computes at a sixth of its speed.
// Where it does, and the user has not chosen, it gets kernels for the vector instructions that there are.
void ReplaceUnknownCore(const char* core) {
  if (core == nullptr || openblas_get_corename == nullptr || gotoblas_dynamic_init == nullptr ||
      gotoblas_dynamic_quit == nullptr || std::getenv(kCoreVariable) != nullptr) {
    return;
  }
  const std::string taken_for = openblas_get_corename();
  if (taken_for != "Prescott" && taken_for != "Core2" && taken_for != "Generic") return;
  setenv(kCoreVariable, core, 1);
  gotoblas_dynamic_quit();
  gotoblas_dynamic_init();
  unsetenv(kCoreVariable);  // child processes choose for themselves
  if (openblas_get_corename() != taken_for) replaced_core = taken_for;
}

CBLAS_TRANSPOSE Cblas(Transpose t) { return t == Transpose::kYes ? CblasTrans : CblasNoTrans; }

}  // namespace

template <>
void Gemm<float>(Transpose ta, Transpose tb, size_t m, size_t n, size_t k, float alpha, const float* a, size_t lda,
                 const float* b, size_t ldb, float beta, float* c, size_t ldc) {
  cblas_sgemm(CblasRowMajor, Cblas(ta), Cblas(tb), static_cast<int>(m), static_cast<int>(n), static_cast<int>(k), alpha,
              a, static_cast<int>(lda), b, static_cast<int>(ldb), beta, c, static_cast<int>(ldc));
}

template <>
void Gemm<double>(Transpose ta, Transpose tb, size_t m, size_t n, size_t k, double alpha, const double* a, size_t lda,
                  const double* b, size_t ldb, double beta, double* c, size_t ldc) {
  cblas_dgemm(CblasRowMajor, Cblas(ta), Cblas(tb), static_cast<int>(m), static_cast<int>(n), static_cast<int>(k), alpha,
              a, static_cast<int>(lda), b, static_cast<int>(ldb), beta, c, static_cast<int>(ldc));
}

std::string BlasVersion() {
#ifdef BLASNET_ACCELERATE
  return "Accelerate";
#else
  if (openblas_get_config == nullptr) return "not OpenBLAS";
  return openblas_get_config() + (replaced_core.empty() ? "" : " instead of " + replaced_core);
#endif
}

void PrepareBlas([[maybe_unused]] const char* core) {
  if (openblas_set_num_threads != nullptr) openblas_set_num_threads(1);
#ifndef BLASNET_ACCELERATE
  static std::once_flag once;
  std::call_once(once, [core] { ReplaceUnknownCore(core); });
#endif
}

}  // namespace blasnet
