// Convolutions in bfloat16 by tiles: on tiles that plain loops compute, which any CPU can, and on those of AMX, where
// there are some.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "test/test_bfloat16_convolution.cc"
#include "math/foreach_target.h"
//
#include "math/bfloat16_correlate-inl.h"
#include "math/bfloat16_weight_gradient-inl.h"
#include "test/tile_model.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

void ForwardByModel(Context& context, const Convolution& c, Matrix<const float> x, const float* w, const float* b,
                    bool relu, float* y) {
  ForwardByTiles<testing::ModelTiles, BitRounder>(context, c, x, w, {b, relu, nullptr}, y);
}

void BackwardByModel(Context& context, const Convolution& c, const float* w, Matrix<const float> dy, const float* gate,
                     float* dx) {
  BackwardByTiles<testing::ModelTiles, BitRounder>(context, c, w, dy, {nullptr, false, gate}, dx);
}

void WeightsByModel(Context& context, const Convolution& c, Matrix<const float> x, Matrix<const float> dy,
                    Matrix<float> parts, Vector<float> dw, Vector<float> db) {
  TileWeightGradient<testing::ModelTiles, BitRounder>(c).Run(context, x, dy, parts);
  SumGradientParts(context, c, parts, dw, db);
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

#include "test/bfloat16.h"
#include "test/convolutions.h"
#include "test/pages.h"
#include "test/threads.h"

namespace blasnet {

HWY_EXPORT(ForwardByModel);
HWY_EXPORT(BackwardByModel);
HWY_EXPORT(WeightsByModel);

namespace testing {

namespace {

// Sums of products in plain loops, and the sizes that rounding errors are measured by.
class Sums {
 public:
  explicit Sums(size_t n) : sums_(n), sizes_(n) {}

  void Add(size_t at, long double term) {
    sums_[at] += term;
    sizes_[at] += std::abs(term);
  }
  long double operator[](size_t at) const { return sums_[at]; }

  // finished: what becomes of a sum
  template <class F>
  void Check(const Tensor<float>& received, const F& finished) const {
    Worst worst;
    for (size_t i = 0; i < sums_.size(); ++i) {
      worst.Add(received[i], finished(i, sums_[i]), kEpsilon<float> * (sizes_[i] + 1) * 8);
    }
    CHECK(worst.ratio() <= 1);
  }

 private:
  std::vector<long double> sums_, sizes_;
};

// A convolution with random numbers, by the model or by the kernels of this CPU.
class Trial {
 public:
  explicit Trial(const TestConvolution& c)
      : c(c),
        x(c.input_shape()),
        w(c.weights_shape()),
        b({1, c.filters}),
        dy(c.output_shape()),
        geometry_({15}, c.numbers()) {
    Numbers numbers(c.terms());
    for (auto* tensor : {&x, &w, &b, &dy}) numbers.Fill(*tensor);
  }

  void Forward(Context& context, bool model, bool relu, Tensor<float>& y) {
    if (!model) {
      Call<float> call(relu ? "convolution_forward_relu_bfloat16" : "convolution_forward_bfloat16");
      return call.With("x", x).With("w", w).With("b", b).With("y", y).With("geometry", geometry_).Run(context);
    }
    HWY_DYNAMIC_DISPATCH(ForwardByModel)(context, Geometry(), Rows(x), w.data(), b.data(), relu, y.data());
  }
  // gated: times the derivative of a rectifier at x
  void Backward(Context& context, bool model, bool gated, Tensor<float>& dx) {
    if (!model) {
      Call<float> call(gated ? "convolution_backward_input_relu_bfloat16" : "convolution_backward_input_bfloat16");
      call.With("dy", dy).With("w", w).With("dx", dx).With("geometry", geometry_);
      if (gated) call.With("x", x);
      return call.Run(context);
    }
    HWY_DYNAMIC_DISPATCH(BackwardByModel)
    (context, Geometry(), w.data(), Rows(dy), gated ? x.data() : nullptr, dx.data());
  }
  void Weights(Context& context, bool model, Tensor<float>& dw, Tensor<float>& db) {
    Tensor<float> parts({2, w.size() + b.size()});
    parts = kNaN<float>;
    if (!model) {
      Call<float> call("convolution_backward_weights_bfloat16");
      call.With("x", x).With("dy", dy).With("parts", parts).With("dw", dw).With("db", db);
      return call.With("geometry", geometry_).Run(context);
    }
    HWY_DYNAMIC_DISPATCH(WeightsByModel)
    (context, Geometry(), Rows(x), Rows(dy), {parts.data(), 2, w.size() + b.size()}, {dw.data(), dw.size()},
     {db.data(), db.size()});
  }

  // Checks all of them against plain loops over rounded factors.
  void Check(bool model) {
    const std::vector<float> left = RoundedOf(x), weights = RoundedOf(w), deltas = RoundedOf(dy);
    Sums y_sums(dy.size()), dx_sums(x.size()), dw_sums(w.size()), db_sums(b.size());
    c.ForEachProduct([&](size_t to, size_t from, size_t weight) {
      y_sums.Add(to, static_cast<long double>(left[from]) * weights[weight]);
      dx_sums.Add(from, static_cast<long double>(deltas[to]) * weights[weight]);
      dw_sums.Add(weight, static_cast<long double>(deltas[to]) * left[from]);
    });
    const size_t plane = c.y.output() * c.x.output();
    for (size_t i = 0; i < dy.size(); ++i) db_sums.Add(i / plane % c.filters, deltas[i]);
    for (const bool flag : {false, true}) {
      CAPTURE(flag);
      Tensor<float> y(dy.shape()), dx(x.shape());
      y = kNaN<float>, dx = kNaN<float>;
      Forward(SharedContext(), model, flag, y);
      y_sums.Check(y, [&](size_t i, long double sum) {
        const long double with_bias = sum + b[i / plane % c.filters];
        return flag ? std::max(with_bias, 0.0L) : with_bias;
      });
      Backward(SharedContext(), model, flag, dx);
      dx_sums.Check(dx, [&](size_t i, long double sum) { return flag && x[i] <= 0 ? 0 : sum; });
    }
    Tensor<float> dw(w.shape()), db(b.shape());
    dw = kNaN<float>, db = kNaN<float>;
    Weights(SharedContext(), model, dw, db);
    const auto same = [](size_t, long double sum) { return sum; };
    dw_sums.Check(dw, same);
    db_sums.Check(db, same);
  }

  const TestConvolution c;
  Tensor<float> x, w, b, dy;

 private:
  Convolution Geometry() { return ConvolutionOf({geometry_.data(), geometry_.size()}); }
  static Matrix<const float> Rows(const Tensor<float>& images) {
    return {images.data(), images.shape()[0], images.size() / images.shape()[0]};
  }

  Tensor<int32_t> geometry_;
};

// Convolutions whose groups fill tiles well enough for the kernels to take them.
std::vector<TestConvolution> ByTiles() {
  std::vector<TestConvolution> all;
  for (const TestConvolution& c : TestConvolutions()) {
    if (c.filters / c.groups >= 8 && c.terms() >= 16) all.push_back(c);
  }
  return all;
}

}  // namespace

TEST_CASE("convolutions by tiles multiply rounded factors") {
  for (const TestConvolution& c : TestConvolutions()) {
    CAPTURE(c.channels);
    CAPTURE(c.filters);
    CAPTURE(c.x.input);
    Trial(c).Check(true);
  }
}

TEST_CASE("convolutions in bfloat16 multiply rounded factors") {
  ForAllWays([] {
    for (const TestConvolution& c : ByTiles()) {
      CAPTURE(c.channels);
      CAPTURE(c.filters);
      CAPTURE(c.x.input);
      Trial(c).Check(false);
    }
  });
}

TEST_CASE("convolutions by tiles have the same bits for any number of threads") {
  for (const TestConvolution& c : {TestConvolution{5, 20, 40, {12, 3, 1, 1}, {19, 3, 1, 1}},
                                   TestConvolution{2, 33, 16, {40, 3, 2, 1}, {40, 3, 2, 1}}}) {
    Trial trial(c);
    CheckThreadsDoNotMatter<float>(c.output_shape(),
                                   [&](Context& context, Tensor<float>& y) { trial.Forward(context, true, true, y); });
    CheckThreadsDoNotMatter<float>(
        c.input_shape(), [&](Context& context, Tensor<float>& dx) { trial.Backward(context, true, true, dx); });
    CheckThreadsDoNotMatter<float>(c.weights_shape(), [&](Context& context, Tensor<float>& dw) {
      Tensor<float> db({1, c.filters});
      trial.Weights(context, true, dw, db);
    });
  }
}

TEST_CASE("outputs of convolutions by tiles are not spoilt by what is infinite or NaN elsewhere") {
  const TestConvolution c{2, 3, 18, {7, 3, 1, 1}, {9, 3, 1, 1}};
  Trial trial(c);
  trial.x[3 * 63 + 3 * 9 + 4] = kInfinity<float>;  // of the second image
  trial.w[5 * 27 + 13] = kNaN<float>;              // of the sixth filter
  Tensor<float> y(c.output_shape());
  trial.Forward(SharedContext(), true, false, y);
  size_t wrong = 0;
  for (size_t i = 0; i < y.size(); ++i) {
    const size_t image = i / (18 * 63), filter = i / 63 % 18, row = i % 63 / 9, column = i % 9;
    const bool is_near = image == 1 && row >= 2 && row <= 4 && column >= 3 && column <= 5;
    wrong += std::isfinite(y[i]) != (filter != 5 && !is_near);
  }
  CHECK(wrong == 0);
}

TEST_CASE("convolutions by tiles touch nothing beyond their tensors") {
  for (const bool at_end : {false, true}) {
    for (const TestConvolution& c :
         {TestConvolution{1, 1, 1, {1, 1}, {1, 1}}, TestConvolution{2, 17, 33, {5, 3, 1, 1}, {7, 3, 1, 1}},
          TestConvolution{1, 3, 16, {6, 3, 2, 1}, {18, 3, 2, 1}}}) {
      Trial trial(c);
      const Tensor<float>* tensors[] = {&trial.x, &trial.w, &trial.b, &trial.dy};
      const size_t sizes[] = {trial.x.size(), trial.w.size(), trial.b.size(), trial.dy.size()};
      const size_t parts_size = trial.w.size() + trial.b.size();
      std::vector<std::unique_ptr<GuardedPages>> pages;
      const auto place = [&](size_t n) {
        pages.push_back(std::make_unique<GuardedPages>(n * 4));
        return reinterpret_cast<float*>(at_end ? pages.back()->end() - n * 4 : pages.back()->begin());
      };
      float* data[4];
      for (size_t i = 0; i < 4; ++i) {
        data[i] = place(sizes[i]);
        std::copy_n(tensors[i]->data(), sizes[i], data[i]);
      }
      float* parts = place(parts_size);
      const std::vector<int32_t> numbers = c.numbers();
      const Convolution geometry = ConvolutionOf({numbers.data(), numbers.size()});
      const Matrix<const float> x{data[0], c.rows, sizes[0] / c.rows}, dy{data[3], c.rows, sizes[3] / c.rows};
      float* dw = place(sizes[1]);
      float* db = place(sizes[2]);
      HWY_DYNAMIC_DISPATCH(WeightsByModel)
      (SharedContext(), geometry, x, dy, {parts, 1, parts_size}, {dw, sizes[1]}, {db, sizes[2]});
      float* dx = place(sizes[0]);
      HWY_DYNAMIC_DISPATCH(BackwardByModel)(SharedContext(), geometry, data[1], dy, data[0], dx);
      float* y = place(sizes[3]);
      HWY_DYNAMIC_DISPATCH(ForwardByModel)(SharedContext(), geometry, x, data[1], data[2], true, y);
      CHECK(std::isfinite(y[sizes[3] - 1] + dx[sizes[0] - 1] + dw[sizes[1] - 1]));
    }
  }
}

TEST_CASE("convolutions by this CPU's tiles, if it has some, give the bits of plain loops") {
  const Bfloat16Way before = WayOfBfloat16();
  SetWayOfBfloat16(Bfloat16Way::kTiles);
  if (CanMultiply(Bfloat16Way::kTiles)) {
    for (const TestConvolution& c : ByTiles()) {
      CAPTURE(c.channels);
      CAPTURE(c.filters);
      Trial trial(c);
      Tensor<float> y[2] = {Tensor<float>(c.output_shape()), Tensor<float>(c.output_shape())};
      Tensor<float> dx[2] = {Tensor<float>(c.input_shape()), Tensor<float>(c.input_shape())};
      Tensor<float> dw[2] = {Tensor<float>(c.weights_shape()), Tensor<float>(c.weights_shape())};
      Tensor<float> db[2] = {Tensor<float>({1, c.filters}), Tensor<float>({1, c.filters})};
      for (const bool model : {false, true}) {
        trial.Forward(SharedContext(), model, true, y[model]);
        trial.Backward(SharedContext(), model, true, dx[model]);
        trial.Weights(SharedContext(), model, dw[model], db[model]);
      }
      for (const Tensor<float>* both : {y, dx, dw, db}) CheckSameBits(both[0], both[1]);
    }
  }
  SetWayOfBfloat16(before);
}

}  // namespace testing
}  // namespace blasnet

#endif  // HWY_ONCE
