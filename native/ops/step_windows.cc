// Windows over the steps of sequences, as rows of a product: y[m, o, j, :] = x[m, o · stride − pad + j · dilation, :],
// zeros outside of the sequence. x is [m × steps × features], y [m × windows × size × features].

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/step_windows.cc"
#include "math/foreach_target.h"
//
#include <cstring>

#include "ops/broadcast-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// The sizes of x and y, and where windows lie; geometry is [stride, pad, dilation].
struct StepWindows {
  size_t rows, steps, features, windows, size;
  int64_t stride, pad, dilation;

  template <class X, class Y>
  StepWindows(const Array<X>& x, const Array<Y>& y, Vector<const int32_t> geometry) {
    CheckEqual("x's rank", size_t{3}, x.rank);
    CheckEqual("y's rank", size_t{4}, y.rank);
    CheckEqual("the geometry's length", size_t{3}, geometry.size);
    CheckEqual("y's rows", x.shape[0], y.shape[0]);
    CheckEqual("y's features", x.shape[2], y.shape[3]);
    rows = x.shape[0], steps = x.shape[1], features = x.shape[2], windows = y.shape[1], size = y.shape[2];
    stride = geometry[0], pad = geometry[1], dilation = geometry[2];
    Check(stride > 0 && pad >= 0 && dilation > 0,
          "Expected a stride and a dilation above 0, and a padding of at least 0");
  }

  size_t x_row() const { return steps * features; }
  size_t y_row() const { return windows * size * features; }

  // Calls run(place, from, n, is_inside) for runs of n numbers that lie in one piece: place is that within a row of y,
  // from that within a row of x.
  template <class F>
  HWY_INLINE void ForEachRun(const F& run) const {
    const int64_t count = static_cast<int64_t>(size), all = static_cast<int64_t>(steps);
    for (size_t o = 0; o < windows; ++o) {
      const int64_t start = static_cast<int64_t>(o) * stride - pad;
      const size_t place = o * size * features;
      // Positions j with 0 ≤ start + j · dilation < steps
      const int64_t first = HWY_MIN(count, start >= 0 ? 0 : (-start + dilation - 1) / dilation);
      const int64_t end = HWY_MAX(first, HWY_MIN(count, start >= all ? 0 : (all - start + dilation - 1) / dilation));
      const auto at = [&](int64_t j) { return place + static_cast<size_t>(j) * features; };
      const auto from = [&](int64_t j) { return static_cast<size_t>(start + j * dilation) * features; };
      if (first > 0) run(at(0), 0, static_cast<size_t>(first) * features, false);
      if (dilation == 1) {
        if (end > first) run(at(first), from(first), static_cast<size_t>(end - first) * features, true);
      } else {
        for (int64_t j = first; j < end; ++j) run(at(j), from(j), features, true);
      }
      if (end < count) run(at(end), 0, static_cast<size_t>(count - end) * features, false);
    }
  }
};

template <class T>
void StepWindowsForward(Context& context, Array<const T> x, Array<T> y, Vector<const int32_t> geometry) {
  const StepWindows windows(x, y, geometry);
  ParallelPieces(context, windows.rows, y.size(), [&](size_t first, size_t end) {
    for (size_t i = first; i < end; ++i) {
      const T* source = x.data + i * windows.x_row();
      T* target = y.data + i * windows.y_row();
      windows.ForEachRun([&](size_t place, size_t from, size_t n, bool is_inside) {
        if (is_inside) {
          std::memcpy(target + place, source + from, n * sizeof(T));
        } else {
          std::memset(target + place, 0, n * sizeof(T));
        }
      });
    }
  });
}

// dx = (dx +) the sum of dy over the places to which a step was copied, in their order
template <class T>
void StepWindowsBackward(Context& context, Array<const T> dy, Array<T> dx, Vector<const int32_t> geometry,
                         double accumulate) {
  const StepWindows windows(dx, dy, geometry);
  ParallelPieces(context, windows.rows, dy.size(), [&](size_t first, size_t end) {
    for (size_t i = first; i < end; ++i) {
      const T* source = dy.data + i * windows.y_row();
      T* target = dx.data + i * windows.x_row();
      if (accumulate == 0) std::memset(target, 0, windows.x_row() * sizeof(T));
      windows.ForEachRun([&](size_t place, size_t from, size_t n, bool is_inside) {
        if (!is_inside) return;
        T* out = target + from;
        Map(
            n, out, [](auto, auto a, auto b) { return hn::Add(a, b); }, static_cast<const T*>(out), source + place);
      });
    }
  });
}

BLASNET_KERNELS(OpsStepWindows) {
  registry.Add<&StepWindowsForward<float>, &StepWindowsForward<double>>("step_windows", {"x", "y", "geometry"})
      .ByRows({"x", "y"});
  registry
      .Add<&StepWindowsBackward<float>, &StepWindowsBackward<double>>("step_windows_backward",
                                                                      {"dy", "dx", "geometry", "accumulate"})
      .ByRows({"dy", "dx"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(OpsStepWindows)
#endif
