#include <numeric>

#include "core/philox.h"
#include "test/testing.h"

namespace blasnet::testing {

namespace {

std::vector<int32_t> Shuffle(size_t size, double seed, double stream, double epoch) {
  Tensor<int32_t> order({size});
  Call<float>("shuffle_order")
      .With("order", order)
      .With("seed", seed)
      .With("stream", stream)
      .With("epoch", epoch)
      .Run();
  return order.values();
}

bool IsPermutation(std::vector<int32_t> order) {
  std::sort(order.begin(), order.end());
  std::vector<int32_t> counted(order.size());
  std::iota(counted.begin(), counted.end(), 0);
  return order == counted;
}

}  // namespace

TEST_CASE("shuffle_order gives a permutation") {
  for (const size_t size : {1, 2, 3, 17, 64, 65, 60000}) {
    CAPTURE(size);
    const std::vector<int32_t> order = Shuffle(size, 1, 0, 0);
    CHECK(IsPermutation(order));
    if (size > 10) CHECK(!std::is_sorted(order.begin(), order.end()));
  }
}

TEST_CASE("shuffle_order makes the choices of Fisher and Yates by the words of its sequence, one after another") {
  // Sizes around the choices that are drawn at once.
  for (const size_t size : {0, 1, 2, 3, 512, 513, 514, 1025, 5000}) {
    CAPTURE(size);
    const double seed = 0x1p40 + 5, stream = 9, epoch = 0x1p33 + 1;
    const Philox random(CounterOf(seed), 9, CounterOf(epoch));
    std::vector<int32_t> expected(size);
    std::iota(expected.begin(), expected.end(), 0);
    for (size_t drawn = 0; drawn + 1 < size; ++drawn) {
      const Philox::Block words = random(static_cast<uint32_t>(drawn / 2));
      const uint64_t bits = (uint64_t{words[drawn % 2 * 2]} << 32) | words[drawn % 2 * 2 + 1];
      const size_t left = size - drawn;
      std::swap(expected[left - 1], expected[static_cast<size_t>((static_cast<unsigned __int128>(bits) * left) >> 64)]);
    }
    CHECK(Shuffle(size, seed, stream, epoch) == expected);
  }
}

TEST_CASE("shuffle_order differs by seed, stream and epoch, and by nothing else") {
  const std::vector<int32_t> order = Shuffle(100, 1, 2, 3);
  CHECK(Shuffle(100, 2, 2, 3) != order);
  CHECK(Shuffle(100, 1, 3, 3) != order);
  CHECK(Shuffle(100, 1, 2, 4) != order);
  CHECK(Shuffle(100, 1, 2, 3) == order);
  // Both variants are one function: the order does not depend on the net's dtype.
  Tensor<int32_t> in_double({100});
  in_double = 5;
  Call<double>("shuffle_order").With("order", in_double).With("seed", 1).With("stream", 2).With("epoch", 3).Run();
  CHECK(in_double.values() == order);
}

TEST_CASE("shuffle_order puts every row anywhere equally often") {
  constexpr size_t kRows = 12, kEpochs = 12000;
  double counts[kRows][kRows] = {};
  for (size_t epoch = 0; epoch < kEpochs; ++epoch) {
    const std::vector<int32_t> order = Shuffle(kRows, 7, 0, static_cast<double>(epoch));
    for (size_t position = 0; position < kRows; ++position) ++counts[position][order[position]];
  }
  double chi_square = 0;
  constexpr double kExpected = double{kEpochs} / kRows;
  for (const auto& position : counts) {
    for (const double count : position) chi_square += (count - kExpected) * (count - kExpected) / kExpected;
  }
  // 11 · 11 degrees of freedom: the 99.99th percentile is 188, the 0.01st 71.
  CHECK(chi_square < 188);
  CHECK(chi_square > 71);
}

}  // namespace blasnet::testing
