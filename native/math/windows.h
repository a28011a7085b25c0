#pragma once

// The windows of convolutions and pools, and what a convolution's passes have in common, seen along one axis at a time:
// rows and columns are alike.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/check.h"
#include "core/span.h"

namespace blasnet {

// One axis of the windows that slide over an image: output o reads input o · stride + k · dilation − pad for each k
// below kernel. What lies outside of the input is 0.
struct Axis {
  size_t input, output, kernel, stride, pad, dilation;

  // Steps from the first input of a window to its last.
  size_t extent() const { return (kernel - 1) * dilation; }
  // Inputs that output o reads, without those in the padding; for dilation 1.
  size_t first_of(size_t o) const { return o * stride > pad ? o * stride - pad : 0; }
  size_t end_of(size_t o) const { return std::min(input, o * stride + kernel - pad); }
};

struct Convolution {
  size_t channels, filters, groups;
  Axis y, x;

  size_t taps() const { return y.kernel * x.kernel; }
  size_t input_plane() const { return y.input * x.input; }
  size_t output_plane() const { return y.output * x.output; }
  size_t group_channels() const { return channels / groups; }
  size_t group_filters() const { return filters / groups; }
  // Multiplications that one image takes.
  size_t products() const { return filters * group_channels() * taps() * output_plane(); }
};

// The numbers of `geometry` in order: channels, filters, groups, then input, output, kernel, stride, pad and dilation
// of the rows and of the columns.
Convolution ConvolutionOf(Vector<const int32_t> geometry);

// @throws InvalidArgument where images, given as the size of a row of them, or weights have another size
void CheckInputs(const char* what, const Convolution& c, size_t row_size);
void CheckOutputs(const char* what, const Convolution& c, size_t row_size);
void CheckWeights(const char* what, const Convolution& c, size_t size);

// @throws InvalidArgument where tensors of a pass do not fit the convolution
template <class T>
void CheckForward(const Convolution& c, Matrix<const T> x, Vector<const T> w, Vector<const T> b, Matrix<T> y) {
  CheckInputs("x's row size", c, x.cols);
  CheckWeights("w's size", c, w.size);
  CheckEqual("b's length", c.filters, b.size);
  CheckOutputs("y's row size", c, y.cols);
  CheckEqual("y's rows", x.rows, y.rows);
}
template <class T>
void CheckBackwardInput(const Convolution& c, Vector<const T> w, Matrix<const T> dy, Matrix<T> dx) {
  CheckWeights("w's size", c, w.size);
  CheckOutputs("dy's row size", c, dy.cols);
  CheckInputs("dx's row size", c, dx.cols);
  CheckEqual("dx's rows", dy.rows, dx.rows);
}
template <class T>
void CheckBackwardWeights(const Convolution& c, Matrix<const T> x, Matrix<const T> dy, Matrix<T> parts, Vector<T> dw,
                          Vector<T> db) {
  CheckInputs("x's row size", c, x.cols);
  CheckOutputs("dy's row size", c, dy.cols);
  CheckEqual("dy's rows", x.rows, dy.rows);
  CheckWeights("dw's size", c, dw.size);
  CheckEqual("db's length", c.filters, db.size);
  CheckEqual("parts' row size", dw.size + db.size, parts.cols);
  Check(parts.rows > 0, "Expected at least one row for parts");
}

// The same as Convolution for the windows of a pool, which has neither channels nor groups nor dilation; every window
// holds at least one number of the input.
struct Pooling {
  Axis y, x;

  size_t input_plane() const { return y.input * x.input; }
  size_t output_plane() const { return y.output * x.output; }
};

// The numbers of `geometry` in order: input, output, kernel, stride, pad and dilation (1) of the rows and of the
// columns.
Pooling PoolingOf(Vector<const int32_t> geometry);

// A kernel's tap along one axis: which number of the kernel, which phase of the packed source it reads, and how many
// packed numbers behind the first one.
struct Tap {
  size_t index, phase, step;
};

// A pass of a convolution along one axis as sums over a packed source. The source is split into phases, one for each
// rest of its coordinate by the stride, so that neighbours in the packed source are those that neighbouring results
// read. Results may be split into phases likewise; each has taps of its own.
struct AxisPass {
  // Packed number i of a phase, for results from q on, is source[(q + i) · stride + shift], 0 outside of [0, length).
  struct Source {
    size_t length, stride;
    std::vector<ptrdiff_t> shifts;  // of each phase
  };
  // Result q in [first, last) goes to number q · stride + shift and is a sum over the taps.
  struct Target {
    size_t first, last;
    ptrdiff_t shift;
    std::vector<Tap> taps;
  };
  size_t first, last;  // of all targets
  size_t reach;        // packed numbers that a result reads beyond the first
  size_t target_stride;
  Source source;
  std::vector<Target> targets;
};

// From inputs to outputs.
AxisPass ForwardPass(const Axis& axis);

// From the outputs' deltas to the inputs'.
AxisPass BackwardPass(const Axis& axis);

}  // namespace blasnet
