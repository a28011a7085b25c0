#include "test/threads.h"

namespace blasnet::testing {

namespace {

struct Sizes {
  size_t rows, channels, height, width, height_after, width_after;

  std::vector<size_t> before() const { return {rows, channels, height, width}; }
  std::vector<size_t> after() const { return {rows, channels, height_after, width_after}; }
  std::vector<int32_t> numbers() const {
    return {int32_t(height), int32_t(width), int32_t(height_after), int32_t(width_after)};
  }
};

const std::vector<Sizes> kSizes = {
    {1, 1, 1, 1, 1, 1},    {1, 2, 1, 1, 3, 2},  {2, 3, 4, 5, 8, 10},  {2, 1, 3, 17, 6, 34},
    {1, 2, 5, 33, 10, 66}, {2, 2, 3, 4, 9, 12}, {1, 3, 4, 3, 16, 15}, {1, 2, 3, 5, 7, 9},
    {2, 2, 7, 9, 5, 4},    {1, 2, 6, 8, 3, 4},  {2, 1, 4, 6, 4, 12},  {3, 40, 16, 16, 32, 32},
};

// The inputs of output o of an axis with their weights.
using Terms = std::vector<std::pair<size_t, long double>>;

Terms Nearest(size_t o, size_t input, size_t output) { return {{o * input / output, 1}}; }

Terms Bilinear(size_t o, size_t input, size_t output) {
  const long double place = (o + 0.5L) * input / output - 0.5L;
  const long double below = std::floor(place), share = place - below;
  const auto within = [input](long double i) {
    return static_cast<size_t>(std::clamp(i, 0.0L, static_cast<long double>(input - 1)));
  };
  return {{within(below), 1 - share}, {within(below + 1), share}};
}

// Calls f(place in y, place in x, weight) for all of them.
template <class F>
void ForEachTerm(const Sizes& s, Terms (*terms)(size_t, size_t, size_t), const F& f) {
  for (size_t plane = 0; plane < s.rows * s.channels; ++plane) {
    for (size_t oy = 0; oy < s.height_after; ++oy) {
      for (size_t ox = 0; ox < s.width_after; ++ox) {
        for (const auto& [iy, down] : terms(oy, s.height, s.height_after)) {
          for (const auto& [ix, across] : terms(ox, s.width, s.width_after)) {
            f((plane * s.height_after + oy) * s.width_after + ox, (plane * s.height + iy) * s.width + ix,
              down * across);
          }
        }
      }
    }
  }
}

template <class T>
void Forward(const std::string& kernel, const Sizes& s, Tensor<T>& x, Tensor<T>& y,
             Context& context = SharedContext()) {
  Tensor<int32_t> geometry({4}, s.numbers());
  Call<T>(kernel + "_forward").With("x", x).With("y", y).With("geometry", geometry).Run(context);
}
template <class T>
void Backward(const std::string& kernel, const Sizes& s, Tensor<T>& dy, Tensor<T>& dx,
              Context& context = SharedContext()) {
  Tensor<int32_t> geometry({4}, s.numbers());
  Call<T>(kernel + "_backward").With("dy", dy).With("dx", dx).With("geometry", geometry).Run(context);
}

template <class T>
void CheckResizing(const std::string& kernel, Terms (*terms)(size_t, size_t, size_t)) {
  for (const Sizes& s : kSizes) {
    INFO(kernel << " of " << s.height << " × " << s.width << " to " << s.height_after << " × " << s.width_after);
    Tensor<T> x(s.before()), y(s.after()), dy(s.after()), dx(s.before());
    Numbers numbers(s.width);
    numbers.Fill(x), numbers.Fill(dy);
    Forward(kernel, s, x, y);
    Backward(kernel, s, dy, dx);
    std::vector<long double> outputs(y.size()), deltas(dx.size()), counts(dx.size());
    ForEachTerm(s, terms, [&](size_t to, size_t from, long double weight) {
      outputs[to] += weight * x[from];
      deltas[from] += weight * dy[to];
      counts[from] += weight;
    });
    Worst values, sums;
    for (size_t i = 0; i < y.size(); ++i) values.Add(y[i], outputs[i], 8 * kEpsilon<T>);
    for (size_t i = 0; i < dx.size(); ++i) sums.Add(dx[i], deltas[i], 8 * kEpsilon<T> * (1 + counts[i]));
    CHECK(values.ratio() <= 1);
    CHECK(sums.ratio() <= 1);
  }
}

}  // namespace

TEST_CASE_TEMPLATE("upsample_nearest repeats numbers, and sums their deltas", T, float, double) {
  CheckResizing<T>("upsample_nearest", Nearest);
}

TEST_CASE_TEMPLATE("upsample_bilinear interpolates between the middles of pixels", T, float, double) {
  CheckResizing<T>("upsample_bilinear", Bilinear);
}

TEST_CASE_TEMPLATE("upsampling has the same bits on any number of threads", T, float, double) {
  const Sizes s{20, 11, 14, 15, 28, 33};
  Tensor<T> x(s.before()), dy(s.after());
  Numbers numbers(1);
  numbers.Fill(x), numbers.Fill(dy);
  for (const char* kernel : {"upsample_nearest", "upsample_bilinear"}) {
    CheckThreadsDoNotMatter<T>(s.after(), [&](Context& context, Tensor<T>& y) { Forward(kernel, s, x, y, context); });
    CheckThreadsDoNotMatter<T>(s.before(),
                               [&](Context& context, Tensor<T>& dx) { Backward(kernel, s, dy, dx, context); });
  }
}

TEST_CASE("upsampling refuses sizes that do not fit") {
  Tensor<float> x({2, 3, 4, 5}), y({2, 3, 8, 10});
  x = 1.0f;
  for (const char* kernel : {"upsample_nearest", "upsample_bilinear"}) {
    CHECK_THROWS_AS(Forward(kernel, {2, 3, 4, 5, 8, 11}, x, y), InvalidArgument);
    CHECK_THROWS_AS(Forward(kernel, {2, 3, 4, 7, 8, 10}, x, y), InvalidArgument);
    CHECK_THROWS_AS(Forward(kernel, {2, 3, 4, 0, 8, 10}, x, y), InvalidArgument);
  }
}

}  // namespace blasnet::testing
