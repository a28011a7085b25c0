// Products in bfloat16 by tiles: on tiles that plain loops compute, which any CPU can, and on those of AMX, where there
// are some.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "test/test_bfloat16_tiles.cc"
#include "math/foreach_target.h"
//
#include "math/bfloat16_product-inl.h"
#include "test/tile_model.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// y[m×n] of a product, where factors may be turned: to be started with what is there, or to descend from it.
void ProductByModel(Context& context, size_t m, size_t n, size_t k, const float* a, bool turn_a, const float* b,
                    bool turn_b, bool adds, float rate, float* y) {
  const PairFactor left = turn_a ? PairFactor{a, 1, m} : PairFactor{a, k, 1};
  const PairFactor right = turn_b ? PairFactor{b, 1, k} : PairFactor{b, n, 1};
  const PairStart start = adds ? PairStart{y, n, rate != 0, rate} : PairStart{};
  PairProductBy<TileBlocks<testing::ModelTiles, BitRounder>>(context, m, n, k, left, right, start, y);
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

#include "core/rules.h"
#include "test/bfloat16.h"
#include "test/pages.h"
#include "test/threads.h"

namespace blasnet {

HWY_EXPORT(ProductByModel);

namespace testing {

namespace {

// Factors of a product with random numbers.
struct Factors {
  Factors(const Size& s, bool turn_a, bool turn_b)
      : size(s),
        turn_a(turn_a),
        turn_b(turn_b),
        a(turn_a ? std::vector<size_t>{s.k, s.m} : std::vector<size_t>{s.m, s.k}),
        b(turn_b ? std::vector<size_t>{s.n, s.k} : std::vector<size_t>{s.k, s.n}) {
    Numbers numbers(s.m + s.n + s.k);
    numbers.Fill(a);
    numbers.Fill(b);
  }

  // y = (y +) a · b, or y − rate · a · b
  void Multiply(Context& context, bool adds, float rate, Tensor<float>& y) {
    HWY_DYNAMIC_DISPATCH(ProductByModel)
    (context, size.m, size.n, size.k, a.data(), turn_a, b.data(), turn_b, adds, rate, y.data());
  }

  Size size;
  bool turn_a, turn_b;
  Tensor<float> a, b;
};

// y by the kernel of this CPU
void MultiplyByKernel(Factors& factors, Tensor<float>& y) {
  Call<float> call(factors.turn_a ? "product_over_rows_bfloat16" : "product_by_rows_bfloat16");
  call.With("a", factors.a).With("b", factors.b).With("y", y).With("accumulate", 0.0);
  if (!factors.turn_a) call.With("transposeB", factors.turn_b ? 1.0 : 0.0);
  call.Run();
}

// A left factor that takes more than the second-level cache, in each of the parts that threads take.
Size LargeSize() {
  const size_t k = 1000;
  return {4 * kRules.near_bytes / (2 * k) + 100, 33, k};
}

void CheckAllForms(const Size& s) {
  for (const bool turn_a : {false, true}) {
    for (const bool turn_b : {false, true}) {
      CAPTURE(turn_a);
      CAPTURE(turn_b);
      Factors factors(s, turn_a, turn_b);
      Tensor<float> y({s.m, s.n});
      y = kNaN<float>;
      factors.Multiply(SharedContext(), false, 0, y);
      CheckProduct(s, factors.a, turn_a, factors.b, turn_b, None, 1, y);
      y = 3.0f;
      factors.Multiply(SharedContext(), true, 0, y);
      CheckProduct(s, factors.a, turn_a, factors.b, turn_b, Three, 1, y);
      y = 3.0f;
      factors.Multiply(SharedContext(), true, 0.25f, y);
      CheckProduct(s, factors.a, turn_a, factors.b, turn_b, Three, -0.25, y);
    }
  }
}

}  // namespace

TEST_CASE("products by tiles multiply rounded factors") {
  for (const Size& s : Sizes()) CheckAllForms(s);
  for (const size_t m : {16, 17, 33}) {
    for (const size_t n : {16, 17, 33}) {
      for (const size_t k : {1, 32, 33}) CheckAllForms({m, n, k});
    }
  }
}

TEST_CASE("products by tiles of a large left factor multiply rounded factors") {
  if (IsQuick()) return;
  const Size s = LargeSize();
  Factors factors(s, false, false);
  Tensor<float> y({s.m, s.n});
  factors.Multiply(SharedContext(), false, 0, y);
  CheckProduct(s, factors.a, false, factors.b, false, None, 1, y);
}

TEST_CASE("products by tiles have the same bits for any number of threads") {
  for (const Size& s : {Size{130, 290, 66}, Size{257, 40, 513}, Size{33, 1027, 200}}) {
    Factors factors(s, false, true);
    CheckThreadsDoNotMatter<float>({s.m, s.n},
                                   [&](Context& context, Tensor<float>& y) { factors.Multiply(context, false, 0, y); });
  }
}

TEST_CASE("products by tiles are not spoilt by what is infinite or NaN elsewhere") {
  const Size s{18, 20, 35};
  Factors factors(s, false, false);
  factors.a[3 * s.k + 34] = kInfinity<float>;
  factors.b[34 * s.n + 7] = kNaN<float>;
  Tensor<float> y({s.m, s.n});
  factors.Multiply(SharedContext(), false, 0, y);
  size_t wrong = 0;
  for (size_t i = 0; i < s.m; ++i) {
    for (size_t j = 0; j < s.n; ++j) wrong += std::isfinite(y[i * s.n + j]) != (i != 3 && j != 7);
  }
  CHECK(wrong == 0);
}

TEST_CASE("products by tiles touch nothing beyond their tensors") {
  for (const bool at_end : {false, true}) {
    for (const auto& [m, n, k] : {Size{1, 1, 1}, Size{17, 33, 35}, Size{32, 32, 64}, Size{33, 15, 31}}) {
      for (const bool turn : {false, true}) {
        GuardedPages pages[3] = {GuardedPages(m * k * 4), GuardedPages(k * n * 4), GuardedPages(m * n * 4)};
        const size_t sizes[3] = {m * k, k * n, m * n};
        float* data[3];
        for (size_t i = 0; i < 3; ++i) {
          data[i] = reinterpret_cast<float*>(at_end ? pages[i].end() - sizes[i] * 4 : pages[i].begin());
          std::fill_n(data[i], sizes[i], 1.0f);
        }
        HWY_DYNAMIC_DISPATCH(ProductByModel)
        (SharedContext(), m, n, k, data[0], turn, data[1], turn, true, 0.0f, data[2]);
        CHECK(data[2][m * n - 1] == static_cast<float>(k + 1));
      }
    }
  }
}

TEST_CASE("this CPU's tiles, if it has some, give the bits of plain loops") {
  const Bfloat16Way before = WayOfBfloat16();
  SetWayOfBfloat16(Bfloat16Way::kTiles);
  CHECK((WayOfBfloat16() == Bfloat16Way::kTiles) == CanMultiply(Bfloat16Way::kTiles));
  if (CanMultiply(Bfloat16Way::kTiles)) {
    for (const Size& s : {Size{33, 33, 33}, Size{64, 128, 257}, Size{130, 290, 66}, Size{5, 700, 100}}) {
      for (const auto& [turn_a, turn_b] : {std::pair{false, false}, {false, true}, {true, false}}) {
        Factors factors(s, turn_a, turn_b);
        Tensor<float> expected({s.m, s.n}), received({s.m, s.n});
        factors.Multiply(SharedContext(), false, 0, expected);
        MultiplyByKernel(factors, received);
        CheckSameBits(expected, received);
      }
    }
  }
  SetWayOfBfloat16(before);
}

}  // namespace testing
}  // namespace blasnet

#endif  // HWY_ONCE
