#include "math/windows.h"

namespace blasnet {

namespace {

Axis AxisOf(const int32_t* numbers) {
  const auto at = [numbers](size_t i) { return static_cast<size_t>(numbers[i]); };
  for (const size_t i : {0, 1, 2, 3, 5}) Check(numbers[i] > 0, "Expected numbers above 0 for geometry");
  Check(numbers[4] >= 0, "Expected a pad of at least 0 for geometry");
  const Axis axis{at(0), at(1), at(2), at(3), at(4), at(5)};
  // One number more at the end than at the start, as 'same' may need.
  Check((axis.output - 1) * axis.stride + axis.extent() <= axis.input + 2 * axis.pad,
        "Expected windows within the padded input for geometry");
  return axis;
}

// Sizes as doubles: their products are exact, or so large that no tensor has that size.
void CheckImages(const char* what, size_t channels, size_t plane_rows, size_t plane_columns, size_t row_size) {
  CheckEqual(what, static_cast<double>(channels) * static_cast<double>(plane_rows) * static_cast<double>(plane_columns),
             static_cast<double>(row_size));
}

}  // namespace

void CheckInputs(const char* what, const Convolution& c, size_t row_size) {
  CheckImages(what, c.channels, c.y.input, c.x.input, row_size);
}

void CheckOutputs(const char* what, const Convolution& c, size_t row_size) {
  CheckImages(what, c.filters, c.y.output, c.x.output, row_size);
}

void CheckWeights(const char* what, const Convolution& c, size_t size) {
  CheckImages(what, c.filters * c.group_channels(), c.y.kernel, c.x.kernel, size);
}

Convolution ConvolutionOf(Vector<const int32_t> geometry) {
  CheckEqual("geometry's length", size_t{15}, geometry.size);
  for (size_t i = 0; i < 3; ++i) Check(geometry[i] > 0, "Expected numbers above 0 for geometry");
  const auto at = [geometry](size_t i) { return static_cast<size_t>(geometry[i]); };
  Check(at(0) % at(2) == 0 && at(1) % at(2) == 0, "Expected groups that divide channels and filters for geometry");
  return {at(0), at(1), at(2), AxisOf(geometry.data + 3), AxisOf(geometry.data + 9)};
}

Pooling PoolingOf(Vector<const int32_t> geometry) {
  CheckEqual("geometry's length", size_t{12}, geometry.size);
  const Pooling pooling{AxisOf(geometry.data), AxisOf(geometry.data + 6)};
  for (const Axis& axis : {pooling.y, pooling.x}) {
    Check(axis.dilation == 1, "Expected a dilation of 1 for geometry");
    Check(2 * axis.pad <= axis.kernel, "Expected a pad of at most half a window for geometry");
    Check((axis.output - 1) * axis.stride + axis.kernel <= axis.input + 2 * axis.pad,
          "Expected windows within the padded input for geometry");
  }
  return pooling;
}

AxisPass ForwardPass(const Axis& axis) {
  AxisPass pass{0, axis.output, axis.extent() / axis.stride, 1, {axis.input, axis.stride, {}}, {}};
  AxisPass::Target target{0, axis.output, 0, {}};
  std::vector<size_t> rests;
  for (size_t k = 0; k < axis.kernel; ++k) {
    const size_t rest = k * axis.dilation % axis.stride;
    const auto known = std::find(rests.begin(), rests.end(), rest);
    const auto phase = static_cast<size_t>(known - rests.begin());
    if (known == rests.end()) {
      rests.push_back(rest);
      pass.source.shifts.push_back(static_cast<ptrdiff_t>(rest) - static_cast<ptrdiff_t>(axis.pad));
    }
    target.taps.push_back({k, phase, k * axis.dilation / axis.stride});
  }
  pass.targets.push_back(std::move(target));
  return pass;
}

AxisPass BackwardPass(const Axis& axis) {
  // Input i lies in the phase r = (i + pad) mod stride at q = (i + pad − r) / stride. A tap k with k · dilation =
  // e · stride + r carries the delta of output q − e to it.
  const size_t reach = axis.extent() / axis.stride;
  const size_t end = axis.input + axis.pad;
  AxisPass pass{axis.pad / axis.stride, (end - 1) / axis.stride + 1, reach, axis.stride, {axis.output, 1, {}}, {}};
  pass.source.shifts.push_back(-static_cast<ptrdiff_t>(reach));
  for (size_t r = 0; r < axis.stride; ++r) {
    const size_t first = axis.pad > r ? (axis.pad - r + axis.stride - 1) / axis.stride : 0;
    const size_t last = end > r ? (end - r - 1) / axis.stride + 1 : first;
    AxisPass::Target target{
        first, std::max(first, last), static_cast<ptrdiff_t>(r) - static_cast<ptrdiff_t>(axis.pad), {}};
    for (size_t k = 0; k < axis.kernel; ++k) {
      const size_t from = k * axis.dilation;
      if (from % axis.stride == r) target.taps.push_back({k, 0, reach - from / axis.stride});
    }
    pass.targets.push_back(std::move(target));
  }
  return pass;
}

}  // namespace blasnet
