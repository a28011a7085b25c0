// A moving average of the weights, which predicts in their place. Polyak, Juditsky, "Acceleration of stochastic
// approximation by averaging", 1992; the exponential kind as in Tarvainen, Valpola, "Mean teachers are better role
// models", 2017

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "optimizers/weight_average.cc"
#include "math/foreach_target.h"
//
#include <cstring>

#include "math/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// average ← decay · average + (1 − decay) · weights, by the difference: where both are equal, rounding changes nothing.
template <class T>
void AverageWeights(Context& context, Vector<const T> weights, Vector<T> average, double decay) {
  const auto rest = hn::Set(Tag<T>(), static_cast<T>(1 - decay));
  ParallelUpdate(
      context, weights, [rest](auto, auto w, auto& a) { a = hn::MulAdd(rest, hn::Sub(w, a), a); }, average);
}

// The places of a net's parameters, trainable ones or others: those in use, and two copies.
template <class T>
struct Places {
  Vector<T> used, trained, average;

  void CheckSizes() const {
    CheckEqual("trained weights", used.size, trained.size);
    CheckEqual("averages", used.size, average.size);
  }
  bool HoldsAverages() const { return Equal(used, average); }
  static bool Equal(Vector<T> a, Vector<T> b) { return a.size == 0 || std::memcmp(a.data, b.data, Bytes(a)) == 0; }
  static void Copy(Vector<T> from, Vector<T> to) {
    if (from.size > 0) std::memcpy(to.data, from.data, Bytes(from));
  }
  static size_t Bytes(Vector<T> a) { return a.size * sizeof(T); }
};

// Before training: brings back the weights that were trained where the net still holds their averages. Where it holds
// others, training goes on from those, and their averages begin there.
template <class T>
void BeginAveraging(Context&, Vector<T> theta, Vector<T> trained, Vector<T> average, Vector<T> statistics,
                    Vector<T> trained_statistics, Vector<T> average_statistics) {
  const Places<T> both[] = {{theta, trained, average}, {statistics, trained_statistics, average_statistics}};
  for (const Places<T>& places : both) places.CheckSizes();
  const bool goes_on = both[0].HoldsAverages() && both[1].HoldsAverages();
  for (const Places<T>& places : both) {
    if (goes_on) {
      Places<T>::Copy(places.trained, places.used);
    } else {
      Places<T>::Copy(places.used, places.average);
    }
  }
}

BLASNET_KERNELS(WeightAverage) {
  registry.Add<&AverageWeights<float>, &AverageWeights<double>>("average_weights", {"weights", "average", "decay"});
  registry.Add<&BeginAveraging<float>, &BeginAveraging<double>>(
      "begin_averaging", {"theta", "trained", "average", "statistics", "trainedStatistics", "averageStatistics"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(WeightAverage)
#endif
