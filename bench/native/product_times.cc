#include "product_times.h"

#include <cblas.h>

#include "buffer.h"
#include "product_shapes.h"

namespace handwritten {

void TimeBlasProducts(double seconds, std::span<char*> shapes) {
  PrintProducts(openblas_get_config(), shapes, [&](const ProductShape& shape) {
    const auto [m, n, k, a_transposed, b_transposed] = shape;
    Buffer a(m * k), b(k * n), c(m * n);
    FillFactor(a.data(), a.size());
    FillFactor(b.data(), b.size());
    const auto rows = [](size_t size) { return static_cast<blasint>(size); };
    return LeastMicroseconds(seconds, [&] {
      cblas_sgemm(CblasRowMajor, a_transposed ? CblasTrans : CblasNoTrans, b_transposed ? CblasTrans : CblasNoTrans,
                  rows(m), rows(n), rows(k), 1.0F, a.data(), rows(shape.ARow()), b.data(), rows(shape.BRow()), 0.0F,
                  c.data(), rows(n));
    });
  });
}

}  // namespace handwritten
