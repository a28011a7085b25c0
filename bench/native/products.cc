#include "products.h"

#include <cblas.h>

namespace handwritten {

namespace {

struct Dimensions {
  blasint rows, inputs, outputs;
};

Dimensions Narrow(const LayerShape& shape) {
  return {static_cast<blasint>(shape.rows), static_cast<blasint>(shape.inputs), static_cast<blasint>(shape.outputs)};
}

}  // namespace

void AddForward(const LayerShape& shape, const float* x, const float* w, float* z) {
  const auto [rows, inputs, outputs] = Narrow(shape);
  if (outputs == 1) {
    cblas_sgemv(CblasRowMajor, CblasNoTrans, rows, inputs, 1.0F, x, inputs, w, 1, 1.0F, z, 1);
  } else if (inputs == 1) {
    cblas_sger(CblasRowMajor, rows, outputs, 1.0F, x, 1, w, 1, z, outputs);
  } else {
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, outputs, inputs, 1.0F, x, inputs, w, outputs, 1.0F, z,
                outputs);
  }
}

void AddInputDelta(const LayerShape& shape, const float* dz, const float* w, float* dx) {
  const auto [rows, inputs, outputs] = Narrow(shape);
  if (outputs == 1) {
    cblas_sger(CblasRowMajor, rows, inputs, 1.0F, dz, 1, w, 1, dx, inputs);
  } else {
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, rows, inputs, outputs, 1.0F, dz, outputs, w, outputs, 1.0F, dx,
                inputs);
  }
}

void AddWeightStep(const LayerShape& shape, float scale, const float* x, const float* dz, float* w) {
  const auto [rows, inputs, outputs] = Narrow(shape);
  if (outputs == 1) {
    cblas_sgemv(CblasRowMajor, CblasTrans, rows, inputs, scale, x, inputs, dz, 1, 1.0F, w, 1);
  } else if (inputs == 1) {
    cblas_sgemv(CblasRowMajor, CblasTrans, rows, outputs, scale, dz, outputs, x, 1, 1.0F, w, 1);
  } else {
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, inputs, outputs, rows, scale, x, inputs, dz, outputs, 1.0F, w,
                outputs);
  }
}

}  // namespace handwritten
