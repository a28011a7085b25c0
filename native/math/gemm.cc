#include "math/gemm.h"

#ifdef BLASNET_ACCELERATE
#include <Accelerate/Accelerate.h>
#else
#include <cblas.h>
#endif

// Present in OpenBLAS only, so that any other library with the CBLAS interface can be linked instead.
extern "C" {
__attribute__((weak)) void openblas_set_num_threads(int threads);
__attribute__((weak)) char* openblas_get_config(void);
}

namespace blasnet {

namespace {

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

const char* BlasVersion() {
#ifdef BLASNET_ACCELERATE
  return "Accelerate";
#else
  return openblas_get_config != nullptr ? openblas_get_config() : "not OpenBLAS";
#endif
}

void HoldBlasAtOneThread() {
  if (openblas_set_num_threads != nullptr) openblas_set_num_threads(1);
}

}  // namespace blasnet
