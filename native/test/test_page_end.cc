// Kernels on memory that ends where the process may not read on: vector instructions that sanitizers do not see must
// not touch what lies behind a tensor, or before it.

#include "test/activations.h"
#include "test/bfloat16.h"
#include "test/pages.h"

namespace blasnet::testing {

namespace {

// Numbers right before a page that cannot be read, or right after one.
template <class T>
class PageTensor {
 public:
  PageTensor(std::vector<size_t> shape, bool at_end)
      : shape_(std::move(shape)), size_(Product(shape_)), pages_(size_ * sizeof(T)) {
    data_ = reinterpret_cast<T*>(at_end ? pages_.end() - size_ * sizeof(T) : pages_.begin());
    std::fill_n(data_, size_, T(1));
  }

  operator Argument() const {
    Argument argument;
    argument.data = data_;
    argument.rank = static_cast<uint8_t>(shape_.size());
    std::copy(shape_.begin(), shape_.end(), argument.shape);
    return argument;
  }
  T operator[](size_t i) const { return data_[i]; }

 private:
  static size_t Product(const std::vector<size_t>& shape) {
    size_t size = 1;
    for (const size_t dimension : shape) size *= dimension;
    return size;
  }

  std::vector<size_t> shape_;
  size_t size_;
  GuardedPages pages_;
  T* data_;
};

Argument Scalar(double& value) {
  Argument argument;
  argument.data = &value;
  return argument;
}

template <class T>
void Invoke(const std::string& kernel, const std::vector<Argument>& arguments) {
  Kernels().Find(kernel).invoke[std::is_same_v<T, double>](SharedContext(), arguments.data());
}

}  // namespace

TEST_CASE_TEMPLATE("element-wise kernels touch nothing beyond their tensors", T, float, double) {
  double half = 0.5, one = 1, two = 2;
  for (const bool at_end : {false, true}) {
    for (size_t size = 1; size <= 33; ++size) {
      PageTensor<T> x({size}, at_end), y({size}, at_end), dy({size}, at_end), dx({size}, at_end);
      for (const Activation& activation : kActivations) {
        Invoke<T>(activation.forward(), {x, y, Scalar(half)});
        Invoke<T>(activation.backward(), {x, y, dy, dx, Scalar(half)});
      }
      Invoke<T>("sgd_update", {x, dy, Scalar(half)});
      CHECK(x[size - 1] == T(0.5));
      Invoke<T>("adam_update",
                {x, dy, y, dx, Scalar(half), Scalar(half), Scalar(half), Scalar(half), Scalar(half), Scalar(two)});
      Invoke<T>("clip_norm", {dy, Scalar(half)});
      PageTensor<T> z({1, size}, at_end), a({1, size}, at_end), log_sum({1}, at_end);
      Invoke<T>("softmax_forward", {z, a, log_sum});
      CHECK(a[size - 1] == doctest::Approx(1.0 / static_cast<double>(size)));
      PageTensor<double> none({0}, at_end);
      Invoke<T>("loss_delta", {a, z, none, dx, Scalar(one)});
      CHECK(dx[0] == a[0] - 1);
      PageTensor<double> scalars({scalars::kCount}, at_end);
      Invoke<T>("mean_squared_error", {z, z, scalars});
      CHECK(scalars[scalars::kBatchLoss] == 0);
      Invoke<T>("binary_cross_entropy", {z, a, none, scalars});
      Invoke<T>("cross_entropy", {z, log_sum, z, none, scalars});
      PageTensor<double> squares({5}, at_end), hits({2}, at_end);
      PageTensor<T> mask({0}, at_end);
      Invoke<T>("add_squared_errors", {z, z, mask, squares});
      Invoke<T>("count_rounded", {z, z, mask, Scalar(half), hits});
      Invoke<T>("count_hits", {z, z, mask, Scalar(one), hits});
      CHECK(hits[0] == 3);                    // of two calls, and the 1 that was there
      CHECK(hits[1] == (size == 1 ? 2 : 3));  // a single column of labels holds numbers of classes
      CHECK(squares[1] == 1);
      PageTensor<T> loss({1}, at_end), dz({1, size}, at_end);
      double no = 0;
      Invoke<T>("binary_focal_rows", {z, a, loss, Scalar(two), Scalar(half), Scalar(one)});
      Invoke<T>("binary_focal_rows_backward", {z, a, loss, dz, Scalar(two), Scalar(half), Scalar(one), Scalar(no)});
      Invoke<T>("cross_entropy_rows", {z, log_sum, a, loss, Scalar(half)});
      Invoke<T>("cross_entropy_rows_backward", {a, a, loss, dz, Scalar(half), Scalar(no)});
      PageTensor<uint8_t> bytes({1, size}, at_end);
      double zero = 0;
      Invoke<T>("copy_byte_rows", {bytes, Scalar(zero), Scalar(two), a});
      CHECK(a[size - 1] == T(0.5));
    }
  }
}

TEST_CASE_TEMPLATE("dropout and batch norm touch nothing beyond their tensors", T, float, double) {
  double zero = 0, half = 0.5, small = 1e-5;
  for (const bool at_end : {false, true}) {
    for (size_t n = 1; n <= 33; ++n) {
      // Features of one number each, then one feature of a run of them.
      for (const auto& [shape, features] : {std::pair<std::vector<size_t>, size_t>{{2, n}, n}, {{2, 1, n}, 1}}) {
        PageTensor<T> x(shape, at_end), y(shape, at_end), mask(shape, at_end), dy(shape, at_end), dx(shape, at_end);
        Invoke<T>("dropout_forward", {x, y, mask, Scalar(zero), Scalar(zero), Scalar(zero), Scalar(zero)});
        Invoke<T>("dropout_backward", {dy, mask, dx});
        CHECK(dx[2 * n - 1] == 1);
        const std::vector<size_t> each = {features};
        PageTensor<T> gamma(each, at_end), beta(each, at_end), mean(each, at_end), variance(each, at_end);
        PageTensor<T> batch_mean(each, at_end), inverse(each, at_end), dgamma(each, at_end), dbeta(each, at_end);
        Invoke<T>("batch_norm_forward",
                  {x, gamma, beta, mean, variance, batch_mean, inverse, y, Scalar(half), Scalar(small)});
        CHECK(variance[features - 1] == T(0.5));
        Invoke<T>("batch_norm_backward", {x, gamma, batch_mean, inverse, dy, dgamma, dbeta, dx});
        Invoke<T>("batch_norm_backward_weights", {x, batch_mean, inverse, dy, dgamma, dbeta});
        CHECK(dbeta[features - 1] == doctest::Approx(2 * n / features));
        Invoke<T>("batch_norm_inference", {x, gamma, beta, mean, variance, y, Scalar(small)});
        CHECK(y[2 * n - 1] == 1);
      }
    }
  }
}

TEST_CASE_TEMPLATE("the product of one row with a large matrix touches nothing beyond its tensors", T, float, double) {
  for (const bool at_end : {false, true}) {
    for (const size_t n : {515, 1027, 2049}) {
      const size_t k = 547;
      PageTensor<T> x({1, k}, at_end), w({k, n}, at_end), b({n}, at_end), z({1, n}, at_end);
      Invoke<T>("fully_connected_forward", {x, w, b, z});
      CHECK(z[n - 1] == T(k + 1));
    }
  }
}

TEST_CASE_TEMPLATE("products touch nothing beyond their tensors", T, float, double) {
  double zero = 0;
  for (const bool at_end : {false, true}) {
    for (const size_t m : {1, 2, 5}) {
      for (const size_t k : {1, 3, 7}) {
        for (size_t n = 1; n <= 33; ++n) {
          PageTensor<T> x({m, k}, at_end), w({k, n}, at_end), b({n}, at_end), z({m, n}, at_end);
          PageTensor<T> dx({m, k}, at_end), dw({k, n}, at_end), db({n}, at_end);
          Invoke<T>("fully_connected_forward", {x, w, b, z});
          CHECK(z[m * n - 1] == T(k + 1));
          Invoke<T>("fully_connected_backward_input", {w, z, dx, Scalar(zero)});
          CHECK(dx[m * k - 1] == T((k + 1) * n));
          Invoke<T>("fully_connected_backward_weights", {x, z, dw, db, Scalar(zero)});
          CHECK(dw[k * n - 1] == doctest::Approx(m * (k + 1)));
          CHECK(db[n - 1] == doctest::Approx(m * (k + 1)));
        }
      }
    }
  }
}

TEST_CASE("products in bfloat16 touch nothing beyond their tensors") {
  ForAllWays([] {
    double zero = 0;
    for (const bool at_end : {false, true}) {
      for (const auto& [m, k] : {std::pair<size_t, size_t>{1, 3}, {5, 7}, {70, 513}, {37, 1032}}) {
        for (size_t n = 1; n <= 49; n += 3) {
          using Numbers = PageTensor<float>;
          Numbers x({m, k}, at_end), w({k, n}, at_end), b({n}, at_end), z({m, n}, at_end);
          Numbers dx({m, k}, at_end), dw({k, n}, at_end), db({n}, at_end), dz({m, n}, at_end);
          Invoke<float>("fully_connected_forward_bfloat16", {x, w, b, z});
          CHECK(z[m * n - 1] == float(k + 1));
          Invoke<float>("fully_connected_backward_input_bfloat16", {w, dz, dx, Scalar(zero)});
          CHECK(dx[m * k - 1] == float(n));
          Invoke<float>("fully_connected_backward_weights_bfloat16", {x, dz, dw, db, Scalar(zero)});
          CHECK(dw[k * n - 1] == float(m));
          CHECK(db[n - 1] == float(m));
        }
      }
    }
  });
}

TEST_CASE_TEMPLATE("batches of images touch nothing beyond their tensors", T, float, double) {
  double zero = 0, one = 1;
  for (const bool at_end : {false, true}) {
    for (size_t width = 1; width <= 33; ++width) {
      PageTensor<uint8_t> source({2, 1, 1, width}, at_end);
      PageTensor<int32_t> order({2}, at_end);
      PageTensor<double> mean({1}, at_end), factor({1}, at_end);
      PageTensor<T> x({2, 1, 1, width}, at_end);
      Invoke<T>("gather_images", {source, order, Scalar(zero), Scalar(one), mean, factor, x});
      CHECK(x[2 * width - 1] == 0);  // (1 / 1 − 1) · 1
      double line = static_cast<double>(width);
      for (double step = 0; step < 8; ++step) {
        Invoke<T>("augment_images", {source, order, Scalar(zero), Scalar(one), mean, factor, Scalar(line), Scalar(one),
                                     Scalar(line), Scalar(zero), Scalar(zero), Scalar(step), x});
        const T last = x[2 * width - 1];
        CHECK((last == 0 || last == -1));  // a pixel, or none
      }
    }
  }
}

}  // namespace blasnet::testing
