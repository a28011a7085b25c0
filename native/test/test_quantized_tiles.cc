// Products of bytes and int8 weights by tiles that plain loops compute, which any CPU can. Those of AMX run in the
// tests of the layers, where there are some.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "test/test_quantized_tiles.cc"
#include "math/foreach_target.h"
//
#include "math/quantized_tiles-inl.h"
#include "test/tile_model.h"

#ifndef BLASNET_TEST_QUANTIZED_TILES
#define BLASNET_TEST_QUANTIZED_TILES

namespace blasnet::testing {

// A product of rows of bytes, in runs of quads, and panels of weights.
struct ByteCase {
  size_t rows, columns, pitch, runs, quads, step;  // pitch and step: bytes from a row, and from a run, to the next
  const uint8_t* x;
  const int32_t *w, *start;
  const float *scale, *bias;
};

}  // namespace blasnet::testing

#endif

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// y[rows × columns]; returns the number of rows that tiles have computed.
size_t ByteProductByModel(const testing::ByteCase& c, float* y) {
  const ByteRuns runs{c.runs, c.quads, c.step};
  const ByteFactors factors{c.x, c.pitch, runs, c.w, c.start};
  ByteTiles<testing::ModelTiles> tiles(runs);
  return tiles.Run(factors, 0, c.rows, 0, (c.columns + kBytePanel - 1) / kBytePanel, {y, c.columns, c.scale, c.bias});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

#include "test/testing.h"

namespace blasnet {

HWY_EXPORT(ByteProductByModel);

namespace testing {

TEST_CASE("products of bytes by tiles have the bits of plain loops") {
  for (const size_t rows : {16, 31, 32, 48, 83}) {
    for (const size_t columns : {1, 16, 17, 32, 47, 100}) {
      for (const auto& [runs, quads] : {std::pair<size_t, size_t>{1, 1}, {1, 16}, {1, 33}, {3, 5}, {3, 16}, {2, 35}}) {
        CAPTURE(rows);
        CAPTURE(columns);
        CAPTURE(runs);
        CAPTURE(quads);
        Numbers numbers(rows + columns + quads);
        const size_t panels = (columns + 15) / 16, step = 4 * quads + 8, pitch = runs * step;
        Tensor<uint8_t> x({rows * pitch});
        Tensor<int32_t> w({panels * runs * quads * 16}), start({panels * 16});
        Tensor<float> scale({columns}), bias({columns}), y({rows * columns});
        for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<uint8_t>(numbers.Below(256));
        for (size_t i = 0; i < w.size(); ++i)
          w[i] = static_cast<int32_t>(static_cast<uint32_t>(numbers.Below(1ull << 32)));
        for (size_t i = 0; i < start.size(); ++i) start[i] = static_cast<int32_t>(numbers.Below(2000)) - 1000;
        numbers.Fill(scale);
        numbers.Fill(bias);
        y = kNaN<float>;
        const size_t done = HWY_DYNAMIC_DISPATCH(ByteProductByModel)(
            {rows, columns, pitch, runs, quads, step, x.data(), w.data(), start.data(), scale.data(), bias.data()},
            y.data());
        CHECK(done == rows / 16 * 16);
        size_t wrong = 0;
        for (size_t i = 0; i < rows; ++i) {
          for (size_t j = 0; j < columns; ++j) {
            if (i >= done) {
              wrong += !std::isnan(y[i * columns + j]);
              continue;
            }
            int32_t sum = start[j];
            for (size_t run = 0; run < runs; ++run) {
              for (size_t k = 0; k < 4 * quads; ++k) {
                const size_t quad = (j / 16 * runs + run) * quads + k / 4;
                const auto weight = static_cast<int8_t>(static_cast<uint32_t>(w[quad * 16 + j % 16]) >> (8 * (k % 4)));
                sum += x[i * pitch + run * step + k] * weight;
              }
            }
            volatile float product = static_cast<float>(sum) * scale[j];
            volatile float expected = product + bias[j];
            wrong += y[i * columns + j] != expected;
          }
        }
        CHECK(wrong == 0);
      }
    }
  }
}

}  // namespace testing
}  // namespace blasnet

#endif  // HWY_ONCE
