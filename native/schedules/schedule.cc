// Learning-rate schedules, and the number of the step. They write one number of a block of scalars.

#include <algorithm>
#include <cmath>

#include "core/registry.h"

namespace blasnet {

namespace {

constexpr double kPi = 3.14159265358979323846;

// A warm-up over the first `length` counts, in front of a schedule.
struct WarmUp {
  double length, from;
};

// rate[1] = schedule(n) after the warm-up, where n counts from its end; η · (from + (1 − from) · count / length) in it.
template <class Schedule>
void SetRate(Vector<double> rate, double count, double base, WarmUp warm_up, const Schedule& schedule) {
  CheckEqual("rate's length", size_t{1}, rate.size);
  rate[0] = count < warm_up.length ? base * (warm_up.from + (1 - warm_up.from) * count / warm_up.length)
                                   : schedule(count - warm_up.length);
}

// η
template <class T>
void ConstantRate(Context&, Vector<double> rate, double count, double base, double warm_up, double from) {
  SetRate(rate, count, base, {warm_up, from}, [&](double) { return base; });
}

// η · factor^⌊n / every⌋
template <class T>
void StepRate(Context&, Vector<double> rate, double count, double base, double warm_up, double from, double every,
              double factor) {
  SetRate(rate, count, base, {warm_up, from}, [&](double n) { return base * std::pow(factor, std::floor(n / every)); });
}

// η · factorⁿ
template <class T>
void ExponentialRate(Context&, Vector<double> rate, double count, double base, double warm_up, double from,
                     double factor) {
  SetRate(rate, count, base, {warm_up, from}, [&](double n) { return base * std::pow(factor, n); });
}

// minimum + (η − minimum) (1 + cos(π min(n, length) / length)) / 2. Loshchilov, Hutter, "SGDR: Stochastic Gradient
// Descent with Warm Restarts", 2017
template <class T>
void CosineRate(Context&, Vector<double> rate, double count, double base, double warm_up, double from, double length,
                double minimum) {
  SetRate(rate, count, base, {warm_up, from}, [&](double n) {
    return minimum + (base - minimum) * (1 + std::cos(kPi * std::min(n, length) / length)) / 2;
  });
}

// step[1] ← step + 1, when a step has been finished
template <class T>
void CountStep(Context&, Vector<double> step) {
  CheckEqual("step's length", size_t{1}, step.size);
  step[0] += 1;
}

const KernelModule module([](Registry& registry) {
  registry.Add<&ConstantRate<float>, &ConstantRate<double>>("constant_rate",
                                                            {"rate", "count", "base", "warmUp", "from"});
  registry.Add<&StepRate<float>, &StepRate<double>>("step_rate",
                                                    {"rate", "count", "base", "warmUp", "from", "every", "factor"});
  registry.Add<&ExponentialRate<float>, &ExponentialRate<double>>(
      "exponential_rate", {"rate", "count", "base", "warmUp", "from", "factor"});
  registry.Add<&CosineRate<float>, &CosineRate<double>>(
      "cosine_rate", {"rate", "count", "base", "warmUp", "from", "length", "minimum"});
  registry.Add<&CountStep<float>, &CountStep<double>>("count_step", {"step"});
});

}  // namespace

}  // namespace blasnet
