#pragma once

#include <cstddef>

#include "net_spec.h"

/** What is left of a training step besides products. All arrays are row-major, rows are samples. */
namespace handwritten {

/** out[rows×columns]: each row becomes row[columns]. */
void FillRows(const float* row, float* out, size_t rows, size_t columns);

/** a[count] ← activation(a), in place. */
void Activate(Hidden kind, float* a, size_t count);

/** delta[count] ← delta · activation'(z), the derivative taken from the activation's output a. */
void ActivateBackward(Hidden kind, const float* a, float* delta, size_t count);

/** row[columns] += scale · Σ rows of delta[rows×columns]; sums[columns] is scratch. */
void AddColumnSums(float scale, const float* delta, float* sums, float* row, size_t rows, size_t columns);

/** Adam's rates at one step, the corrections of its moments among them. */
struct AdamConstants {
  float rate;  // η / (1 − β₁ᵗ)
  float root;  // 1 / √(1 − β₂ᵗ)
  float epsilon = 1e-8F;
};
AdamConstants AdamAt(size_t step, float learning_rate);

/** theta[count] ← Adam's step, by g and the moments m and v. */
void Adam(const AdamConstants& at, const float* g, float* m, float* v, float* theta, size_t count);

/** delta ← a − y; returns Σ(a − y)² / (2 rows). delta may be a. */
double SquaredError(const float* a, const float* y, float* delta, size_t rows, size_t columns);

/** delta ← softmax(z) − y; returns −Σ y ln softmax(z) / rows by log-sum-exp. delta may be z. */
double CrossEntropy(const float* z, const float* y, float* delta, size_t rows, size_t columns);

}  // namespace handwritten
