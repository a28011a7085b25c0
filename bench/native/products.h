#pragma once

#include <cstddef>

/**
 * The three products of a fully connected layer, each added to what its result already holds: OpenBLAS clears a result
 * (beta = 0) more slowly than the loop that fills it does. Where a width is 1 the matrix product is one of a matrix and
 * a vector, or of two vectors, whose routines cost a third as much a call.
 */
namespace handwritten {

struct LayerShape {
  size_t rows, inputs, outputs;
};

/** z[rows×outputs] += x[rows×inputs] · w[inputs×outputs]. */
void AddForward(const LayerShape& shape, const float* x, const float* w, float* z);

/** dx[rows×inputs] += dz[rows×outputs] · wᵀ. */
void AddInputDelta(const LayerShape& shape, const float* dz, const float* w, float* dx);

/** w[inputs×outputs] += scale · xᵀ · dz: the gradient and the descent in one pass over w. */
void AddWeightStep(const LayerShape& shape, float scale, const float* x, const float* dz, float* w);

}  // namespace handwritten
