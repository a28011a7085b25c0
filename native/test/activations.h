#pragma once

// Activations by their definitions, in long double.

#include "test/testing.h"

namespace blasnet::testing {

struct Activation {
  std::string name;
  double parameter;
  long double (*function)(long double x, long double parameter);
  // Largest error of the kernel in ε · |f(x)|, for float and double: what AVX2, SSE4 and scalar code were measured to
  // have, rounded up.
  double bounds[2];
  // Limits at −∞ and +∞ of the function and of its derivative.
  double limits[2], slopes[2];

  template <class T>
  double bound() const {
    return bounds[std::is_same_v<T, double>];
  }
  std::string forward() const { return name + "_forward"; }
  std::string backward() const { return name + "_backward"; }
};

inline constexpr double kInf = kInfinity<double>;

inline const Activation kActivations[] = {
    {"sigmoid", 0, [](long double x, long double) { return 1 / (1 + std::exp(-x)); }, {2, 2}, {0, 1}, {0, 0}},
    {"tanh", 0, [](long double x, long double) { return std::tanh(x); }, {2.5, 2.5}, {-1, 1}, {0, 0}},
    {"relu", 0, [](long double x, long double) { return x > 0 ? x : 0; }, {0, 0}, {0, kInf}, {0, 1}},
    {"leaky_relu",
     0.01,
     [](long double x, long double slope) { return x > 0 ? x : slope * x; },
     {1, 1},
     {-kInf, kInf},
     {0.01, 1}},
    {"elu",
     1.5,
     [](long double x, long double alpha) { return x > 0 ? x : alpha * std::expm1(x); },
     {2, 2},
     {-1.5, kInf},
     {0, 1}},
    {"gelu",
     0,
     [](long double x, long double) { return x * std::erfc(-x / std::sqrt(2.0L)) / 2; },
     {4, 4},
     {0, kInf},
     {0, 1}},
    {"silu", 0, [](long double x, long double) { return x / (1 + std::exp(-x)); }, {2.5, 2.5}, {0, kInf}, {0, 1}},
    {"softplus",
     0,
     [](long double x, long double) { return std::max(x, 0.0L) + std::log1p(std::exp(-std::abs(x))); },
     {2.5, 2.5},
     {0, kInf},
     {0, 1}},
    {"selu",
     0,
     [](long double x, long double) {
       return 1.0507009873554804934193349852946L * (x > 0 ? x : 1.6732632423543772848170429916717L * std::expm1(x));
     },
     {2.5, 2.5},
     {-1.0507009873554804934193349852946 * 1.6732632423543772848170429916717, kInf},
     {0, 1.0507009873554804934193349852946}},
    {"relu6", 0, [](long double x, long double) { return std::clamp(x, 0.0L, 6.0L); }, {0, 0}, {0, 6}, {0, 0}},
    {"hard_swish",
     0,
     [](long double x, long double) { return x * (std::clamp(x + 3, 0.0L, 6.0L) / 6); },
     {2, 2},
     {0, kInf},
     {0, 1}},
    {"mish",
     0,
     [](long double x, long double) { return x * std::tanh(std::log1p(std::exp(x))); },
     {4, 4},
     {0, kInf},
     {0, 1}},
    {"softsign", 0, [](long double x, long double) { return x / (1 + std::abs(x)); }, {2, 2}, {-1, 1}, {0, 0}},
};

}  // namespace blasnet::testing
