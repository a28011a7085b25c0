#include "loops.h"

#include <algorithm>
#include <cmath>

// The library picks its vector width at run time, so these loops may too. Sanitizers cannot start a program that
// resolves functions before they are ready, hence they get the plain version.
#if defined(__x86_64__) && defined(__ELF__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define VECTOR_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define VECTOR_CLONES
#endif

namespace handwritten {

namespace {

constexpr double kBeta1 = 0.9;
constexpr double kBeta2 = 0.999;

VECTOR_CLONES void Relu(float* a, size_t count) {
  for (size_t i = 0; i < count; ++i) a[i] = a[i] > 0.0F ? a[i] : 0.0F;
}

VECTOR_CLONES void ReluBackward(const float* __restrict a, float* __restrict delta, size_t count) {
  for (size_t i = 0; i < count; ++i) delta[i] = a[i] > 0.0F ? delta[i] : 0.0F;
}

void Sigmoid(float* a, size_t count) {
  for (size_t i = 0; i < count; ++i) a[i] = 1.0F / (1.0F + std::exp(-a[i]));
}

VECTOR_CLONES void SigmoidBackward(const float* __restrict a, float* __restrict delta, size_t count) {
  for (size_t i = 0; i < count; ++i) delta[i] *= a[i] * (1.0F - a[i]);
}

}  // namespace

void FillRows(const float* row, float* out, size_t rows, size_t columns) {
  // Copies what is there already, twice as much each time: a call a row costs more than the bytes of a narrow layer.
  std::copy_n(row, columns, out);
  for (size_t done = 1; done < rows; done *= 2) {
    std::copy_n(out, std::min(done, rows - done) * columns, out + done * columns);
  }
}

void Activate(Hidden kind, float* a, size_t count) {
  if (kind == Hidden::kRelu) {
    Relu(a, count);
  } else {
    Sigmoid(a, count);
  }
}

void ActivateBackward(Hidden kind, const float* a, float* delta, size_t count) {
  if (kind == Hidden::kRelu) {
    ReluBackward(a, delta, count);
  } else {
    SigmoidBackward(a, delta, count);
  }
}

VECTOR_CLONES void AddColumnSums(float scale, const float* __restrict delta, float* __restrict sums,
                                 float* __restrict row, size_t rows, size_t columns) {
  for (size_t c = 0; c < columns; ++c) sums[c] = 0.0F;
  for (size_t r = 0; r < rows; ++r, delta += columns) {
    for (size_t c = 0; c < columns; ++c) sums[c] += delta[c];
  }
  for (size_t c = 0; c < columns; ++c) row[c] += scale * sums[c];
}

AdamConstants AdamAt(size_t step, float learning_rate) {
  const auto t = static_cast<double>(step);
  return {.rate = static_cast<float>(learning_rate / (1.0 - std::pow(kBeta1, t))),
          .root = static_cast<float>(1.0 / std::sqrt(1.0 - std::pow(kBeta2, t)))};
}

VECTOR_CLONES void Adam(const AdamConstants& at, const float* __restrict g, float* __restrict m, float* __restrict v,
                        float* __restrict theta, size_t count) {
  const auto [rate, root, epsilon] = at;
  constexpr auto kKeep1 = static_cast<float>(kBeta1);
  constexpr auto kKeep2 = static_cast<float>(kBeta2);
  constexpr auto kTake1 = static_cast<float>(1.0 - kBeta1);
  constexpr auto kTake2 = static_cast<float>(1.0 - kBeta2);
  for (size_t i = 0; i < count; ++i) {
    m[i] = kKeep1 * m[i] + kTake1 * g[i];
    v[i] = kKeep2 * v[i] + kTake2 * g[i] * g[i];
    theta[i] -= rate * m[i] / (epsilon + root * std::sqrt(v[i]));
  }
}

double SquaredError(const float* a, const float* y, float* delta, size_t rows, size_t columns) {
  double sum = 0.0;
  for (size_t i = 0; i < rows * columns; ++i) {
    const float difference = a[i] - y[i];
    delta[i] = difference;
    sum += static_cast<double>(difference) * difference;
  }
  return sum / (2.0 * static_cast<double>(rows));
}

double CrossEntropy(const float* z, const float* y, float* delta, size_t rows, size_t columns) {
  double loss = 0.0;
  for (size_t r = 0; r < rows; ++r, z += columns, y += columns, delta += columns) {
    const float highest = *std::max_element(z, z + columns);
    double mass = 0.0;    // Σ y
    double chosen = 0.0;  // Σ y (z − highest)
    float sum = 0.0F;     // Σ exp(z − highest)
    for (size_t c = 0; c < columns; ++c) {
      const float shifted = z[c] - highest;
      mass += y[c];
      chosen += static_cast<double>(y[c]) * shifted;
      delta[c] = std::exp(shifted);
      sum += delta[c];
    }
    loss += mass * std::log(static_cast<double>(sum)) - chosen;
    const float scale = 1.0F / sum;
    for (size_t c = 0; c < columns; ++c) delta[c] = delta[c] * scale - y[c];
  }
  return loss / static_cast<double>(rows);
}

}  // namespace handwritten
