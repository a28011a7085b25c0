// Random tensors. Numbers are drawn in double and depend on seed, stream and position only.

#include <cmath>

#include "core/philox.h"
#include "core/registry.h"

namespace blasnet {

namespace {

constexpr double kPi = 3.14159265358979323846;

Philox StreamOf(double seed, double stream) {
  return Philox(CounterOf(seed), static_cast<uint32_t>(CounterOf(stream)), 0);
}

// out[i] uniform in (low, high); a block of random words makes two numbers
template <class T>
void FillUniform(Context&, Vector<T> out, double low, double high, double seed, double stream) {
  const Philox random = StreamOf(seed, stream);
  for (size_t i = 0; i < out.size; i += 2) {
    const Philox::Block words = random(static_cast<uint32_t>(i / 2));
    out[i] = static_cast<T>(low + (high - low) * Philox::Uniform(words[0], words[1]));
    if (i + 1 < out.size) out[i + 1] = static_cast<T>(low + (high - low) * Philox::Uniform(words[2], words[3]));
  }
}

// out[i] normal with the given mean and deviation, by Box and Muller, "A Note on the Generation of Random Normal
// Deviates", 1958
template <class T>
void FillNormal(Context&, Vector<T> out, double mean, double deviation, double seed, double stream) {
  const Philox random = StreamOf(seed, stream);
  for (size_t i = 0; i < out.size; i += 2) {
    const Philox::Block words = random(static_cast<uint32_t>(i / 2));
    const double radius = deviation * std::sqrt(-2 * std::log(Philox::Uniform(words[0], words[1])));
    const double angle = 2 * kPi * Philox::Uniform(words[2], words[3]);
    out[i] = static_cast<T>(mean + radius * std::cos(angle));
    if (i + 1 < out.size) out[i + 1] = static_cast<T>(mean + radius * std::sin(angle));
  }
}

const KernelModule module([](Registry& registry) {
  registry.Add<&FillUniform<float>, &FillUniform<double>>("fill_uniform", {"out", "low", "high", "seed", "stream"});
  registry.Add<&FillNormal<float>, &FillNormal<double>>("fill_normal", {"out", "mean", "deviation", "seed", "stream"});
});

}  // namespace

}  // namespace blasnet
