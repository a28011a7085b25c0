// Compares OpenBLAS's products with plain loops, for the CPU that OPENBLAS_CORETYPE names: transposed or not, of few and
// many rows, with and without what was there before. Prints the kernels' name and the largest errors.
// With the name of kernels as its argument it tells whether the CPU can run them, and must be asked without OPENBLAS_CORETYPE:
// OpenBLAS runs instructions of SVE when it is loaded with kernels of it.
#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __aarch64__
#include <sys/auxv.h>
#else
#include <cpuid.h>
#endif

char* openblas_get_corename(void);

static const int sizes[] = {1, 2, 7, 8, 17, 64, 130};
enum { kSizes = sizeof(sizes) / sizeof(*sizes) };

// Whether the CPU has the instructions of a set of kernels.
static int can_run(const char* kernels) {
#ifdef __aarch64__
  const int needs_sve = strcmp(kernels, "NEOVERSEV1") == 0 || strcmp(kernels, "NEOVERSEN2") == 0;
  return !needs_sve || (getauxval(AT_HWCAP) >> 22 & 1);
#else
  unsigned a, b = 0, c, d;
  __get_cpuid_count(7, 0, &a, &b, &c, &d);
  if (strcmp(kernels, "PRESCOTT") == 0) return 1;
  const int is_avx2 = strcmp(kernels, "HASWELL") == 0 || strcmp(kernels, "ZEN") == 0;
  return b >> (is_avx2 ? 5 : 31) & 1;
#endif
}

// One product: c[m×n] = alpha · a · b + beta · c. Returns the largest error.
#define PRODUCT(T, gemm)                                                                                       \
  static T* gemm##_numbers(size_t count) {                                                                     \
    T* numbers = malloc(count * sizeof(T));                                                                    \
    for (size_t i = 0; i < count; ++i) numbers[i] = (T)(rand() % 2001 - 1000) / 1000;                          \
    return numbers;                                                                                            \
  }                                                                                                            \
  static double gemm##_error(int ta, int tb, int m, int n, int k, T alpha, T beta) {                           \
    const int lda = (ta ? m : k) + 1, ldb = (tb ? k : n) + 1;                                                  \
    T *a = gemm##_numbers((size_t)lda * (ta ? k : m)), *b = gemm##_numbers((size_t)ldb * (tb ? n : k));        \
    T *c = gemm##_numbers((size_t)m * n), *before = malloc((size_t)m * n * sizeof(T));                         \
    memcpy(before, c, (size_t)m * n * sizeof(T));                                                              \
    cblas_##gemm(CblasRowMajor, ta ? CblasTrans : CblasNoTrans, tb ? CblasTrans : CblasNoTrans, m, n, k,       \
                 alpha, a, lda, b, ldb, beta, c, n);                                                           \
    double worst = 0;                                                                                          \
    for (int i = 0; i < m; ++i) {                                                                              \
      for (int j = 0; j < n; ++j) {                                                                            \
        double sum = 0;                                                                                        \
        for (int l = 0; l < k; ++l) sum += (double)(ta ? a[l * lda + i] : a[i * lda + l]) * (tb ? b[j * ldb + l] : b[l * ldb + j]); \
        const double error = fabs(alpha * sum + beta * before[i * n + j] - c[i * n + j]);                      \
        if (!(error <= worst)) worst = error;                                                                  \
      }                                                                                                        \
    }                                                                                                          \
    free(a), free(b), free(c), free(before);                                                                   \
    return worst;                                                                                              \
  }                                                                                                            \
  static double gemm##_errors(void) {                                                                          \
    double worst = gemm##_error(0, 1, 300, 200, 600, 1, 0);                                                    \
    for (int i = 0; i < 4 * kSizes * kSizes * kSizes; ++i) {                                                   \
      const int m = sizes[i / 4 % kSizes], n = sizes[i / 4 / kSizes % kSizes], k = sizes[i / 4 / kSizes / kSizes]; \
      const double error = gemm##_error(i & 1, i >> 1 & 1, m, n, k, (T)0.7, (T)(i % 3) / 2);                   \
      if (!(error <= worst)) worst = error;                                                                    \
    }                                                                                                          \
    return worst;                                                                                              \
  }

PRODUCT(float, sgemm)
PRODUCT(double, dgemm)

int main(int argc, char** argv) {
  if (argc > 1) return puts(can_run(argv[1]) ? "can run" : "not on this CPU"), 0;
  const double of_float = sgemm_errors(), of_double = dgemm_errors();
  printf("%s: errors %.1e, %.1e\n", openblas_get_corename(), of_float, of_double);
  return of_float < 1e-4 && of_double < 1e-12 ? 0 : 1;
}
