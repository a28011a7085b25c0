#include "math/gemm.h"

#include <cstdlib>
#include <mutex>

#include "core/platform.h"

#ifdef BLASNET_ACCELERATE
#include <Accelerate/Accelerate.h>
#else
#include <cblas.h>

// Present in OpenBLAS only, so that any other library with the CBLAS interface can be linked instead. A weak reference
// takes nothing out of a static library: where OpenBLAS is linked in, it is known to be there.
#ifdef BLASNET_STATIC_OPENBLAS
#define BLASNET_IF_PRESENT
#else
#define BLASNET_IF_PRESENT __attribute__((weak))
#endif
extern "C" {
BLASNET_IF_PRESENT void openblas_set_num_threads(int threads);
BLASNET_IF_PRESENT char* openblas_get_config(void);
BLASNET_IF_PRESENT char* openblas_get_corename(void);
// How builds for several CPUs choose their kernels when they are loaded: by the CPU, or by the variable below.
BLASNET_IF_PRESENT void gotoblas_dynamic_init(void);
BLASNET_IF_PRESENT void gotoblas_dynamic_quit(void);
}
#endif

namespace blasnet {

namespace {

#ifndef BLASNET_ACCELERATE

constexpr char kCoreVariable[] = "OPENBLAS_CORETYPE";

// Whether the library that is linked has a function.
template <class Function>
bool Has(Function* function) {
  return function != nullptr;
}

// What the library took this CPU for, where that was replaced.
std::string replaced_core;

// An OpenBLAS that is older than the CPU takes it for one of 2004, Prescott, and computes at a sixth of its speed.
// Where it does, and the user has not chosen, it gets kernels for the vector instructions that there are.
void ReplaceUnknownCore(const char* core) {
  if (core == nullptr || !Has(openblas_get_corename) || !Has(gotoblas_dynamic_init) || !Has(gotoblas_dynamic_quit) ||
      std::getenv(kCoreVariable) != nullptr) {
    return;
  }
  const std::string taken_for = openblas_get_corename();
  if (taken_for != "Prescott" && taken_for != "Core2" && taken_for != "Generic") return;
  SetVariable(kCoreVariable, core);
  gotoblas_dynamic_quit();
  gotoblas_dynamic_init();
  RemoveVariable(kCoreVariable);  // child processes choose for themselves
  if (openblas_get_corename() != taken_for) replaced_core = taken_for;
}

#endif

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
  if (!Has(openblas_get_config)) return "not OpenBLAS";
  return openblas_get_config() + (replaced_core.empty() ? "" : " instead of " + replaced_core);
#endif
}

void PrepareBlas([[maybe_unused]] const char* core) {
#ifndef BLASNET_ACCELERATE
  if (Has(openblas_set_num_threads)) openblas_set_num_threads(1);
  static std::once_flag once;
  std::call_once(once, [core] { ReplaceUnknownCore(core); });
#endif
}

}  // namespace blasnet
