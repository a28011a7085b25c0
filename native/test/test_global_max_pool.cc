#include "test/threads.h"

namespace blasnet::testing {

namespace {

// Images [rows, channels, pixels].
const std::vector<std::vector<size_t>> kImages = {{1, 1, 1},  {2, 3, 3},  {3, 2, 7},  {2, 5, 16},
                                                  {1, 3, 17}, {4, 2, 33}, {2, 3, 49}, {9, 40, 196}};

template <class T>
void Forward(Tensor<T>& x, Tensor<T>& y, Context& context = SharedContext()) {
  Call<T>("global_max_pool_forward").With("x", x).With("y", y).Run(context);
}
template <class T>
void Backward(Tensor<T>& x, Tensor<T>& y, Tensor<T>& dy, Tensor<T>& dx, Context& context = SharedContext()) {
  Call<T>("global_max_pool_backward").With("x", x).With("y", y).With("dy", dy).With("dx", dx).Run(context);
}

}  // namespace

TEST_CASE_TEMPLATE("global_max_pool takes the largest number of each plane; its delta goes to the first", T, float,
                   double) {
  for (const auto& shape : kImages) {
    INFO(shape[0] << " images of " << shape[1] << " times " << shape[2]);
    Tensor<T> x(shape), dx(shape), y({shape[0], shape[1]}), dy({shape[0], shape[1]});
    Numbers numbers(shape[2]);
    numbers.Fill(dy);
    // Few values, so that many are equal.
    for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<T>(numbers.Below(5)) - 9;
    Forward(x, y);
    Backward(x, y, dy, dx);
    const size_t pixels = shape[2];
    bool right = true;
    for (size_t plane = 0; plane < y.size(); ++plane) {
      const T* first = x.data() + plane * pixels;
      const auto place = static_cast<size_t>(std::max_element(first, first + pixels) - first);
      right = right && y[plane] == first[place];
      for (size_t i = 0; i < pixels; ++i) right = right && dx[plane * pixels + i] == (i == place ? dy[plane] : 0);
    }
    CHECK(right);
  }
}

TEST_CASE_TEMPLATE("global_max_pool is NaN where there is one, and then gives the delta to it", T, float, double) {
  for (const size_t pixels : {1, 2, 5, 16, 21, 40}) {
    for (size_t at = 0; at < pixels; ++at) {
      Tensor<T> x({1, 2, pixels}), dx({1, 2, pixels}), y({1, 2}), dy({1, 2}, {3, 4});
      x = T(1);
      x[at] = kNaN<T>;
      x[pixels + at] = kInfinity<T>;
      Forward(x, y);
      Backward(x, y, dy, dx);
      CHECK((std::isnan(y[0]) && y[1] == kInfinity<T>));
      CHECK((dx[at] == 3 && dx[pixels + at] == 4));
    }
  }
}

TEST_CASE_TEMPLATE("global_max_pool has the same bits on any number of threads", T, float, double) {
  const std::vector<size_t> shape = {70, 40, 14, 14};
  Tensor<T> x(shape), dy({70, 40}), largest({70, 40});
  Numbers numbers(1);
  numbers.Fill(x), numbers.Fill(dy);
  Forward(x, largest);
  CheckThreadsDoNotMatter<T>({70, 40}, [&](Context& context, Tensor<T>& y) { Forward(x, y, context); });
  CheckThreadsDoNotMatter<T>(shape, [&](Context& context, Tensor<T>& dx) { Backward(x, largest, dy, dx, context); });
}

TEST_CASE("global_max_pool refuses what are no planes") {
  Tensor<float> x({2, 7}), y({2, 2}), dy({2, 2}), dx({2, 7}), none({2, 0});
  x = 1.0f, y = 1.0f, dy = 1.0f;
  CHECK_THROWS_AS(Forward(x, y), InvalidArgument);
  CHECK_THROWS_AS(Forward(x, none), InvalidArgument);
  CHECK_THROWS_AS(Backward(x, y, dy, dx), InvalidArgument);
}

}  // namespace blasnet::testing
