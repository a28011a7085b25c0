// Products of the windows over the steps of sequences, from padded sequences: the windows themselves, in which each
// step lies several times, are never written.

#if defined(BLASNET_MATH_STEP_PRODUCTS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_MATH_STEP_PRODUCTS_INL_H_
#undef BLASNET_MATH_STEP_PRODUCTS_INL_H_
#else
#define BLASNET_MATH_STEP_PRODUCTS_INL_H_
#endif

#include <cstdint>
#include <cstring>

#include "math/blocked_product-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// Windows over a sequence [steps × features]: tap j of window o is step o · stride + j · dilation − pad, zeros outside.
struct StepTaps {
  size_t steps, features, windows, size, stride, dilation;
  int64_t pad;  // negative where the first steps are in no window

  // Steps of a padded sequence: from the first tap of the first window to the last tap of the last one.
  size_t extent() const { return windows == 0 ? 0 : (windows - 1) * stride + (size - 1) * dilation + 1; }
  size_t padded() const { return extent() * features; }
  // The steps of the padded sequence [first, end) that are steps of the sequence, from `first - pad` on.
  size_t first() const { return static_cast<size_t>(HWY_MIN(HWY_MAX(pad, 0), static_cast<int64_t>(extent()))); }
  size_t end() const {
    const int64_t last = HWY_MIN(static_cast<int64_t>(extent()), pad + static_cast<int64_t>(steps));
    return static_cast<size_t>(HWY_MAX(last, static_cast<int64_t>(first())));
  }
  // Where step first() lies in the sequence.
  size_t from() const { return static_cast<size_t>(static_cast<int64_t>(first()) - pad); }
};

// to[extent × features] = the sequence x[steps × features] with zeros around it
template <class T>
HWY_INLINE void PadSteps(const StepTaps& taps, const T* x, T* to) {
  const size_t f = taps.features, first = taps.first(), end = taps.end();
  std::memset(to, 0, first * f * sizeof(T));
  if (end > first) std::memcpy(to + first * f, x + taps.from() * f, (end - first) * f * sizeof(T));
  std::memset(to + end * f, 0, (taps.extent() - end) * f * sizeof(T));
}

// Calls run(j, from, depth, terms) for the terms of a window's product in pieces: `terms` of the size · features terms,
// from tap j and number `from` of it on. Without dilation the taps of a window lie one behind the other: a single run.
template <class F>
HWY_INLINE void ForEachRunOfTerms(const StepTaps& taps, const F& run) {
  const size_t runs = taps.dilation == 1 ? 1 : taps.size;
  const size_t length = taps.size * taps.features / runs;
  for (size_t j = 0; j < runs; ++j) {
    for (size_t i = 0; i < length; i += kPanelDepth) run(j, i, HWY_MIN(kPanelDepth, length - i), j * length + i);
  }
}

// y[rows × windows × n] = first + windows of `padded` · w[(size · features) × n]. first: n numbers (row 0), or the
// numbers of y themselves (row n).
template <class T>
HWY_INLINE void StepProducts(const StepTaps& taps, size_t rows, const T* padded, const T* w, size_t n, const T* first,
                             bool adds, T* y) {
  const size_t panel_width = 2 * hn::Lanes(Tag<T>()), pitch = taps.stride * taps.features;
  HWY_ALIGN T panel[kPanelDepth * 2 * hn::MaxLanes(Tag<T>())];
  for (size_t column = 0; column < n; column += panel_width) {
    const size_t width = HWY_MIN(panel_width, n - column);
    ForEachRunOfTerms(taps, [&](size_t j, size_t from, size_t depth, size_t terms) {
      PackPanel(Strided<T>{w + terms * n + column, n, 1}, depth, width, panel);
      const bool is_first = terms == 0 && !adds;
      for (size_t r = 0; r < rows; ++r) {
        T* to = y + r * taps.windows * n + column;
        const Strided<T> left{padded + r * taps.padded() + j * taps.dilation * taps.features + from, pitch, 1};
        const Start<T> start = is_first ? Start<T>{first == nullptr ? nullptr : first + column, 0} : Start<T>{to, n};
        PanelProduct(taps.windows, depth, T(1), left, panel, panel_width, start, to, n, width);
      }
    });
  }
}

// padded[rows × extent × features] += what each tap of a window takes of dy[rows × windows × n]; turned: the taps'
// weights [n × features], from the last tap to the first
template <class T>
HWY_INLINE void AddToSteps(const StepTaps& taps, size_t rows, const T* dy, size_t n, const T* turned, T* padded) {
  const size_t panel_width = 2 * hn::Lanes(Tag<T>()), f = taps.features;
  HWY_ALIGN T panel[kPanelDepth * 2 * hn::MaxLanes(Tag<T>())];
  for (size_t j = 0; j < taps.size; ++j) {
    const T* weights = turned + (taps.size - 1 - j) * n * f;
    for (size_t i = 0; i < n; i += kPanelDepth) {
      const size_t depth = HWY_MIN(kPanelDepth, n - i);
      for (size_t column = 0; column < f; column += panel_width) {
        const size_t width = HWY_MIN(panel_width, f - column);
        PackPanel(Strided<T>{weights + i * f + column, f, 1}, depth, width, panel);
        for (size_t r = 0; r < rows; ++r) {
          T* to = padded + r * taps.padded() + j * taps.dilation * f + column;
          const Strided<T> left{dy + r * taps.windows * n + i, n, 1};
          PanelProduct(taps.windows, depth, T(1), left, panel, panel_width, Start<T>{to, taps.stride * f}, to,
                       taps.stride * f, width);
        }
      }
    }
  }
}

// dw[(size · features) × n] += windows of a padded sequence, transposed · dy[windows × n]
template <class T>
HWY_INLINE void AddStepWeights(const StepTaps& taps, const T* padded, const T* dy, size_t n, T* dw) {
  const size_t runs = taps.dilation == 1 ? 1 : taps.size;
  const size_t length = taps.size * taps.features / runs;
  for (size_t j = 0; j < runs; ++j) {
    const Strided<T> left{padded + j * taps.dilation * taps.features, 1, taps.stride * taps.features};
    T* to = dw + j * length * n;
    BlockedProduct<T>(length, n, taps.windows, T(1), left, nullptr, {dy, n, 1}, Start<T>{to, n}, to, n);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
