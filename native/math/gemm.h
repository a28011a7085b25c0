#pragma once

#include <cstddef>
#include <string>

namespace blasnet {

enum class Transpose : bool { kNo, kYes };

// C = alpha · op(A) · op(B) + beta · C, all row-major; op(A) is m×k, op(B) is k×n, C is m×n. ld* is the distance
// between rows in numbers. Runs on the calling thread alone.
template <class T>
void Gemm(Transpose ta, Transpose tb, size_t m, size_t n, size_t k, T alpha, const T* a, size_t lda, const T* b,
          size_t ldb, T beta, T* c, size_t ldc);

// Name and configuration of the library behind Gemm.
std::string BlasVersion();

// Holds the library at one thread a call: blasnet's own pool does the parallel work, and a product whose threads
// depend on the machine would give other bits on another one. Where an OpenBLAS does not know the CPU, it gets the
// kernels that it has for `core`, a name of OpenBLAS's own, or null. To be called when the addon loads.
void PrepareBlas(const char* core);

}  // namespace blasnet
