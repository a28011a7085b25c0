#pragma once

// Sizes of convolutions for tests, as the kernels' geometry.

#include "test/testing.h"
#include "test/tier.h"

namespace blasnet::testing {

// One axis: output o reads input o · stride + k · dilation − pad.
struct TestAxis {
  size_t input, kernel, stride = 1, pad = 0, dilation = 1,
                        extra = 0;  // extra: padding at the end beyond that at the start

  size_t output() const { return (input + 2 * pad + extra - (kernel - 1) * dilation - 1) / stride + 1; }
};

struct TestConvolution {
  size_t rows, channels, filters;
  TestAxis y, x;
  size_t groups = 1;

  size_t terms() const { return channels / groups * y.kernel * x.kernel; }
  size_t products() const { return rows * filters * y.output() * x.output() * terms(); }
  std::vector<size_t> input_shape() const { return {rows, channels, y.input, x.input}; }
  std::vector<size_t> output_shape() const { return {rows, filters, y.output(), x.output()}; }
  std::vector<size_t> weights_shape() const { return {filters, channels / groups, y.kernel, x.kernel}; }

  std::vector<int32_t> numbers() const {
    std::vector<int32_t> all{int32_t(channels), int32_t(filters), int32_t(groups)};
    for (const TestAxis& axis : {y, x}) {
      for (const size_t n : {axis.input, axis.output(), axis.kernel, axis.stride, axis.pad, axis.dilation}) {
        all.push_back(int32_t(n));
      }
    }
    return all;
  }

  // Calls f(place in y, place in x, place in w) for every product of the convolution.
  template <class F>
  void ForEachProduct(const F& f) const {
    const size_t group_channels = channels / groups, group_filters = filters / groups;
    for (size_t n = 0; n < rows; ++n) {
      for (size_t filter = 0; filter < filters; ++filter) {
        for (size_t oy = 0; oy < y.output(); ++oy) {
          for (size_t ox = 0; ox < x.output(); ++ox) {
            const size_t to = ((n * filters + filter) * y.output() + oy) * x.output() + ox;
            for (size_t c = 0; c < group_channels; ++c) {
              const size_t channel = filter / group_filters * group_channels + c;
              for (size_t ky = 0; ky < y.kernel; ++ky) {
                for (size_t kx = 0; kx < x.kernel; ++kx) {
                  const size_t iy = oy * y.stride + ky * y.dilation - y.pad;  // wraps around where it is negative
                  const size_t ix = ox * x.stride + kx * x.dilation - x.pad;
                  if (iy >= y.input || ix >= x.input) continue;
                  f(to, ((n * channels + channel) * y.input + iy) * x.input + ix,
                    ((filter * group_channels + c) * y.kernel + ky) * x.kernel + kx);
                }
              }
            }
          }
        }
      }
    }
  }
};

inline std::vector<TestConvolution> TestConvolutions() {
  std::vector<TestConvolution> all{
      {1, 1, 1, {1, 1}, {1, 1}},
      {2, 1, 1, {5, 3}, {7, 3}},
      {3, 2, 3, {4, 1}, {5, 1}},                          // 1×1
      {2, 3, 5, {9, 3, 1, 1}, {11, 3, 1, 1}},             // same
      {2, 3, 4, {8, 2, 1, 0, 1, 1}, {9, 2, 1, 0, 1, 1}},  // same for an even kernel: more at the end
      {3, 1, 6, {28, 5, 1, 2}, {28, 5, 1, 2}},            // LeNet's first
      {2, 6, 16, {14, 5}, {14, 5}},                       // LeNet's second
      {1, 4, 9, {13, 3, 1, 1}, {33, 3, 1, 1}},            // ends of rows within a vector
      {2, 16, 17, {4, 3, 1, 1}, {4, 3, 1, 1}},            // rows much shorter than a vector
      {5, 3, 2, {2, 3, 1, 1}, {1, 3, 1, 1}},              // one column
      {2, 2, 3, {1, 1, 1}, {70, 7, 1, 3}},                // one row
      {1, 8, 12, {17, 3, 1, 1}, {18, 3, 1, 1}, 4},        // groups
      {2, 6, 6, {10, 3, 1, 1}, {9, 3, 1, 1}, 6},          // a filter for each channel
      {2, 3, 6, {9, 3, 2, 1}, {11, 3, 2, 1}, 3},          // two filters for each channel, stride 2
      {2, 2, 3, {15, 3, 2, 1}, {16, 5, 3, 2}},            // strides that differ
      {1, 3, 2, {17, 4, 3, 1}, {14, 3, 2}},               // and do not divide
      {2, 2, 2, {9, 1, 2}, {10, 1, 3}},                   // gaps between windows
      {1, 2, 3, {19, 3, 1, 2, 2}, {23, 3, 1, 3, 3}},      // dilation
      {2, 4, 4, {19, 3, 2, 2, 3}, {18, 2, 3, 4, 4}, 2},   // all at once
      {1, 2, 3, {5, 3, 1, 4}, {6, 3, 2, 5}},              // padding wider than the kernel
      {1, 3, 8, {40, 3, 1, 1}, {300, 3, 1, 1}},           // bands of rows
      {1, 33, 24, {24, 3, 1, 1}, {40, 3, 1, 1}},          // bands for the sake of threads
      {9, 5, 7, {12, 3, 1, 1}, {12, 3, 1, 1}},            // several images in a tile
      {1, 900, 3, {7, 3, 2, 1}, {33, 3, 2, 1}},           // more channels than fit the scratch
      // by Winograd's minimal filtering: even and odd sizes, all paddings, one tile, vectors of every length, bands
      {3, 16, 16, {8, 3, 1, 1}, {8, 3, 1, 1}},
      {1, 17, 19, {3, 3}, {3, 3}},
      {2, 16, 20, {7, 3, 1, 2}, {13, 3, 1, 0}},
      {1, 18, 16, {5, 3, 1, 0}, {34, 3, 1, 2}},
      {1, 16, 33, {28, 3, 1, 1}, {28, 3, 1, 1}},
      {2, 34, 68, {6, 3, 1, 1}, {24, 3, 1, 1}, 2},
      {1, 16, 16, {6, 3, 1, 0, 1, 1}, {6, 3, 1, 1, 1, 1}},
      {1, 64, 64, {20, 3, 1, 1}, {64, 3, 1, 1}},
      {1, 150, 140, {3, 3, 1, 1}, {4, 3}},           // kernels transformed in several tiles
      {1, 192, 182, {2, 3, 1, 1}, {3, 3, 1, 1}, 2},  // of groups as well
      {7, 19, 32, {7, 3, 1, 1}, {6, 3, 1, 2}},       // gradients over several images in one go
      {3, 32, 96, {12, 3, 1, 0}, {33, 3, 1, 1}, 2},  // and by groups
  };
  for (const size_t stride : {1, 2, 3}) {
    for (const size_t pad : {0, 1, 2}) {
      for (const size_t dilation : {1, 2}) {
        all.push_back({2, 3, 5, {11, 3, stride, pad, dilation}, {13, 2, stride, pad, dilation}});
      }
    }
  }
  constexpr size_t kManyProducts = 10000000;
  if (IsQuick()) std::erase_if(all, [](const TestConvolution& c) { return c.products() > kManyProducts; });
  return all;
}

}  // namespace blasnet::testing
