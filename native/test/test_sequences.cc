#include "test/testing.h"

namespace blasnet::testing {

namespace {

// Numbers of a table in no order, some of them several times.
void FillNumbers(Tensor<int32_t>& numbers, size_t count) {
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<int32_t>((i * 7 + i * i / 3) % count);
}

}  // namespace

TEST_CASE_TEMPLATE("embedding copies rows, and its derivative adds them up", T, float, double) {
  for (const size_t count : {1, 5, 300}) {
    for (const size_t size : kOddSizes) {
      for (const size_t places : {1, 6, 700}) {
        INFO("count, size, places = ", count, ", ", size, ", ", places);
        Tensor<T> w({count, size}), y({places, size}), dy({places, size}), dw({count, size});
        Tensor<int32_t> numbers({places});
        Numbers random(count + size + places);
        random.Fill(w);
        random.Fill(dy);
        FillNumbers(numbers, count);
        Call<T>("embedding").With("w", w).With("numbers", numbers).With("y", y).Run();
        for (const double accumulate : {0.0, 1.0}) {
          std::vector<T> expected(dw.size(), T(2) * static_cast<T>(accumulate));
          if (accumulate != 0) dw = T(2);
          Call<T>("embedding_backward")
              .With("numbers", numbers)
              .With("dy", dy)
              .With("dw", dw)
              .With("accumulate", accumulate)
              .Run();
          bool same = true;
          for (size_t i = 0; i < places; ++i) {
            const size_t row = static_cast<size_t>(numbers[i]);
            for (size_t j = 0; j < size; ++j) {
              same = same && y[i * size + j] == w[row * size + j];
              expected[row * size + j] += dy[i * size + j];
            }
          }
          CHECK(same);
          CHECK(dw.values() == expected);
        }
      }
    }
  }
}

TEST_CASE_TEMPLATE("embedding_descend changes the rows that occur as embedding_backward and sgd_update do", T, float,
                   double) {
  for (const size_t count : {1, 5, 300}) {
    for (const size_t size : kOddSizes) {
      for (const size_t places : {1, 6, 700}) {
        INFO("count, size, places = ", count, ", ", size, ", ", places);
        Tensor<T> start({count, size}), dy({places, size}), dw({count, size}), expected({count * size});
        Tensor<int32_t> numbers({places});
        Numbers random(count + size + places);
        random.Fill(start);
        random.Fill(dy);
        FillNumbers(numbers, count);
        Call<T>("embedding_backward")
            .With("numbers", numbers)
            .With("dy", dy)
            .With("dw", dw)
            .With("accumulate", 0.0)
            .Run();
        Tensor<T> gradient({count * size}, dw.values());
        std::copy_n(start.data(), start.size(), expected.data());
        Call<T>("sgd_update").With("theta", expected).With("gradient", gradient).With("learningRate", 0.3).Run();
        for (const size_t threads : {1, 2, 3}) {
          Pool pool(threads);
          Context context{pool};
          Tensor<T> w(start.shape(), start.values()), sums(start.shape());
          Call<T>("embedding_descend")
              .With("numbers", numbers)
              .With("dy", dy)
              .With("w", w)
              .With("sums", sums)
              .With("learningRate", 0.3)
              .Run(context);
          CHECK(w.values() == expected.values());
        }
      }
    }
  }
}

TEST_CASE_TEMPLATE("embedding_adam and embedding_bag_adam change the rows that occur as lazy_adam_update does", T,
                   float, double) {
  const std::map<const char*, double> scalars = {{"learningRate", 0.3}, {"beta1", 0.8},       {"beta2", 0.9},
                                                 {"epsilon", 1e-3},     {"weightDecay", 0.1}, {"step", 4}};
  for (const size_t count : {1, 5, 300}) {
    for (const size_t size : kOddSizes) {
      for (const size_t length : {1, 7}) {
        for (const bool bag : {false, true}) {
          INFO("count, size, length = ", count, ", ", size, ", ", length);
          const size_t rows = 100, places = rows * length;
          Tensor<T> start({count, size}), mean({count, size}), squares({count, size}), dw({count, size});
          Tensor<T> dy({bag ? rows : places, size}), weights({rows, length});
          Tensor<int32_t> numbers(bag ? std::vector<size_t>{rows, length} : std::vector<size_t>{places});
          Numbers random(count + size + places);
          random.Fill(start), random.Fill(dy), random.Fill(mean), random.Fill(squares, 0, 1), random.Fill(weights);
          for (size_t i = 0; i < places; i += 3) weights[i] = 0;
          // The gradient of some rows is 0.
          for (size_t i = 0; i < dy.size(); ++i) dy[i] = i / size % 4 == 0 ? T(0) : dy[i];
          FillNumbers(numbers, count);
          const std::string kernel = bag ? "embedding_bag" : "embedding";
          const auto call = [&](const std::string& name) {
            Call<T> one(kernel + name);
            one.With("numbers", numbers).With("dy", dy);
            if (bag) one.With("weights", weights);
            return one;
          };
          call("_backward").With("dw", dw).With("accumulate", 0.0).Run();
          Tensor<T> w(start.shape(), start.values()), m(mean.shape(), mean.values()), v(mean.shape(), squares.values());
          Call<T> update("lazy_adam_update");
          update.With("theta", w).With("gradient", dw).With("mean", m).With("squares", v);
          for (const auto& [name, value] : scalars) update.With(name, value);
          update.Run();
          for (const size_t threads : {1, 2, 3}) {
            Pool pool(threads);
            Context context{pool};
            Tensor<T> w1(start.shape(), start.values()), m1(mean.shape(), mean.values());
            Tensor<T> v1(mean.shape(), squares.values()), sums(start.shape());
            Call<T> adam = call("_adam");
            adam.With("w", w1).With("sums", sums).With("mean", m1).With("squares", v1);
            for (const auto& [name, value] : scalars) adam.With(name, value);
            adam.Run(context);
            CHECK(w1.values() == w.values());
            CHECK(m1.values() == m.values());
            CHECK(v1.values() == v.values());
          }
        }
      }
    }
  }
}

TEST_CASE_TEMPLATE("embedding_ada_grad and embedding_bag_ada_grad change tables as ada_grad_update does", T, float,
                   double) {
  for (const size_t count : {1, 5, 300}) {
    for (const size_t size : kOddSizes) {
      for (const bool bag : {false, true}) {
        INFO("count, size = ", count, ", ", size);
        const size_t rows = 100, length = bag ? 7 : 1, places = rows * length;
        Tensor<T> start({count, size}), squares({count, size}), dw({count, size}), dy({rows, size});
        Tensor<T> weights({rows, length});
        Tensor<int32_t> numbers(bag ? std::vector<size_t>{rows, length} : std::vector<size_t>{places});
        Numbers random(count + size + places);
        random.Fill(start), random.Fill(dy), random.Fill(squares, 0, 1), random.Fill(weights);
        for (size_t i = 0; i < places; i += 3) weights[i] = 0;
        // Some numbers of the gradient are 0.
        for (size_t i = 0; i < dy.size(); i += 5) dy[i] = T(0);
        FillNumbers(numbers, count);
        const auto call = [&](const std::string& name) {
          Call<T> one((bag ? "embedding_bag" : "embedding") + name);
          one.With("numbers", numbers).With("dy", dy);
          if (bag) one.With("weights", weights);
          return one;
        };
        call("_backward").With("dw", dw).With("accumulate", 0.0).Run();
        Tensor<T> w(start.shape(), start.values()), r(start.shape(), squares.values());
        Call<T> update("ada_grad_update");
        update.With("theta", w).With("gradient", dw).With("squares", r);
        update.With("learningRate", 0.3).With("epsilon", 1e-3).Run();
        for (const size_t threads : {1, 2, 3}) {
          Pool pool(threads);
          Context context{pool};
          Tensor<T> w1(start.shape(), start.values()), r1(start.shape(), squares.values()), sums(start.shape());
          Call<T> fused = call("_ada_grad");
          fused.With("w", w1).With("sums", sums).With("squares", r1);
          fused.With("learningRate", 0.3).With("epsilon", 1e-3).Run(context);
          CHECK(w1.values() == w.values());
          CHECK(r1.values() == r.values());
        }
        Tensor<T> narrow({count, size + 1});
        narrow = T(0);
        Call<T> wrong = call("_ada_grad");
        wrong.With("w", start).With("sums", dw).With("squares", narrow).With("learningRate", 0.3).With("epsilon", 1e-3);
        CHECK_THROWS_AS(wrong.Run(), InvalidArgument);
      }
    }
  }
}

TEST_CASE_TEMPLATE("embedding_bag sums rows times weights, and its derivatives follow", T, float, double) {
  for (const size_t count : {1, 5, 300}) {
    for (const size_t size : kOddSizes) {
      for (const size_t length : {1, 7}) {
        INFO("count, size, length = ", count, ", ", size, ", ", length);
        const size_t rows = 50, places = rows * length;
        Tensor<T> w({count, size}), weights({rows, length}), y({rows, size}), dy({rows, size});
        Tensor<int32_t> numbers({rows, length});
        Numbers random(count + size + places);
        random.Fill(w), random.Fill(weights), random.Fill(dy);
        for (size_t i = 0; i < places; i += 3) weights[i] = 0;
        FillNumbers(numbers, count);
        Call<T>("embedding_bag").With("w", w).With("numbers", numbers).With("weights", weights).With("y", y).Run();
        std::vector<long double> sums(y.size()), dw(w.size()), dweights(places);
        for (size_t i = 0; i < places; ++i) {
          const size_t bag = i / length, row = static_cast<size_t>(numbers[i]);
          for (size_t j = 0; j < size; ++j) {
            const long double weight = weights[i], value = w[row * size + j], d = dy[bag * size + j];
            sums[bag * size + j] += weight * value;
            dw[row * size + j] += weight * d;
            dweights[i] += value * d;
          }
        }
        Worst worst;
        const auto compare = [&](const Tensor<T>& values, const std::vector<long double>& expected, double offset) {
          for (size_t i = 0; i < expected.size(); ++i) {
            worst.Add(values[i], expected[i] + offset, 400 * kEpsilon<T> * (1 + std::abs(expected[i])));
          }
        };
        compare(y, sums, 0);
        for (const double accumulate : {0.0, 1.0}) {
          Tensor<T> table({count, size}), factors({rows, length});
          if (accumulate != 0) table = T(2), factors = T(3);
          Call<T>("embedding_bag_backward")
              .With("numbers", numbers)
              .With("weights", weights)
              .With("dy", dy)
              .With("dw", table)
              .With("accumulate", accumulate)
              .Run();
          compare(table, dw, 2 * accumulate);
          Call<T>("embedding_bag_backward_weights")
              .With("w", w)
              .With("numbers", numbers)
              .With("dy", dy)
              .With("dweights", factors)
              .With("accumulate", accumulate)
              .Run();
          compare(factors, dweights, 3 * accumulate);
          if (accumulate != 0) continue;
          Tensor<T> expected({count * size}), gradient({count * size}, table.values());
          std::copy_n(w.data(), w.size(), expected.data());
          Call<T>("sgd_update").With("theta", expected).With("gradient", gradient).With("learningRate", 0.3).Run();
          for (const size_t threads : {1, 2, 3}) {
            Pool pool(threads);
            Context context{pool};
            Tensor<T> descended(w.shape(), w.values()), room(w.shape());
            Call<T>("embedding_bag_descend")
                .With("numbers", numbers)
                .With("weights", weights)
                .With("dy", dy)
                .With("w", descended)
                .With("sums", room)
                .With("learningRate", 0.3)
                .Run(context);
            CHECK(descended.values() == expected.values());
          }
        }
        CHECK(worst.ratio() <= 1);
      }
    }
  }
}

TEST_CASE_TEMPLATE("embedding_bag refuses numbers that there are not, and weights of another shape", T, float, double) {
  Tensor<T> w({5, 2}), y({1, 2}), weights({1, 3}), fewer({1, 2});
  w = T(1), y = T(2), weights = T(0), fewer = T(0);
  for (const int32_t bad : {5, -1, std::numeric_limits<int32_t>::max(), std::numeric_limits<int32_t>::min()}) {
    Tensor<int32_t> numbers({1, 3}, {0, bad, 4});
    auto bag = Call<T>("embedding_bag").With("w", w).With("numbers", numbers).With("y", y);
    CHECK_THROWS_AS(bag.With("weights", weights).Run(), InvalidArgument);
    auto back = Call<T>("embedding_bag_backward_weights").With("w", w).With("numbers", numbers).With("dy", y);
    CHECK_THROWS_AS(back.With("dweights", weights).With("accumulate", 0.0).Run(), InvalidArgument);
  }
  Tensor<int32_t> numbers({1, 3}, {0, 1, 4});
  auto bag = Call<T>("embedding_bag").With("w", w).With("numbers", numbers).With("y", y);
  CHECK_THROWS_AS(bag.With("weights", fewer).Run(), InvalidArgument);
  auto back = Call<T>("embedding_bag_backward").With("numbers", numbers).With("weights", fewer).With("dy", y);
  CHECK_THROWS_AS(back.With("dw", w).With("accumulate", 0.0).Run(), InvalidArgument);
}

TEST_CASE_TEMPLATE("embedding refuses numbers that there are not", T, float, double) {
  Tensor<T> w({5, 2}), y({3, 2}), dw({5, 2});
  w = T(1), y = T(2), dw = T(3);
  for (const int32_t bad : {5, -1, std::numeric_limits<int32_t>::max(), std::numeric_limits<int32_t>::min()}) {
    CAPTURE(bad);
    Tensor<int32_t> numbers({3}, {0, bad, 4});
    CHECK_THROWS_AS(Call<T>("embedding").With("w", w).With("numbers", numbers).With("y", y).Run(), InvalidArgument);
    auto backward = Call<T>("embedding_backward").With("numbers", numbers).With("dy", y).With("dw", dw);
    CHECK_THROWS_AS(backward.With("accumulate", 0.0).Run(), InvalidArgument);
    auto descend = Call<T>("embedding_descend").With("numbers", numbers).With("dy", y).With("w", w).With("sums", dw);
    CHECK_THROWS_AS(descend.With("learningRate", 0.1).Run(), InvalidArgument);
  }
  CHECK(w.values() == std::vector<T>(10, T(1)));
  CHECK(y.values() == std::vector<T>(6, T(2)));
  CHECK(dw.values() == std::vector<T>(10, T(3)));
  Tensor<int32_t> two({2}, {0, 1});
  CHECK_THROWS_AS(Call<T>("embedding").With("w", w).With("numbers", two).With("y", y).Run(), InvalidArgument);
}

TEST_CASE_TEMPLATE("non_zero", T, float, double) {
  Tensor<int32_t> numbers({5}, {0, 3, -1, 0, 2147483647});
  Tensor<T> y({5});
  Call<T>("non_zero").With("numbers", numbers).With("y", y).Run();
  CHECK(y.values() == std::vector<T>{0, 1, 1, 0, 1});
}

TEST_CASE_TEMPLATE("step_windows copies the steps of each window, and its derivative adds them up", T, float, double) {
  struct Way {
    size_t rows, steps, features, size, windows;
    int32_t stride, pad, dilation;
  };
  const Way ways[] = {{2, 7, 3, 3, 5, 1, 0, 1},
                      {3, 8, 17, 3, 4, 2, 2, 1},
                      {1, 9, 1, 4, 9, 1, 6, 2},
                      {2, 3, 2, 5, 3, 3, 7, 2},
                      {40, 50, 16, 3, 50, 1, 1, 1}};
  for (const Way& way : ways) {
    INFO("steps, size = ", way.steps, ", ", way.size);
    Tensor<T> x({way.rows, way.steps, way.features}), y({way.rows, way.windows, way.size, way.features});
    Tensor<T> dy(y.shape()), dx(x.shape());
    Tensor<int32_t> geometry({3}, {way.stride, way.pad, way.dilation});
    Numbers random(way.steps);
    random.Fill(x);
    random.Fill(dy);
    Call<T>("step_windows").With("x", x).With("y", y).With("geometry", geometry).Run();
    for (const double accumulate : {0.0, 1.0}) {
      std::vector<T> expected(dx.size(), static_cast<T>(accumulate));
      if (accumulate != 0) dx = T(1);
      Call<T>("step_windows_backward")
          .With("dy", dy)
          .With("dx", dx)
          .With("geometry", geometry)
          .With("accumulate", accumulate)
          .Run();
      bool same = true;
      size_t at = 0;
      for (size_t m = 0; m < way.rows; ++m) {
        for (size_t o = 0; o < way.windows; ++o) {
          for (size_t j = 0; j < way.size; ++j) {
            const auto step = static_cast<int64_t>(o) * way.stride - way.pad + static_cast<int64_t>(j) * way.dilation;
            const bool is_inside = step >= 0 && step < static_cast<int64_t>(way.steps);
            for (size_t f = 0; f < way.features; ++f, ++at) {
              const size_t from = is_inside ? (m * way.steps + static_cast<size_t>(step)) * way.features + f : 0;
              same = same && y[at] == (is_inside ? x[from] : T(0));
              if (is_inside) expected[from] += dy[at];
            }
          }
        }
      }
      CHECK(same);
      CHECK(dx.values() == expected);
    }
  }
  Tensor<T> x({1, 3, 2}), y({1, 2, 2, 2}), other({1, 2, 2, 3});
  x = T(0);
  Tensor<int32_t> zero({3}, {0, 0, 1}), one({3}, {1, 0, 1});
  CHECK_THROWS_AS(Call<T>("step_windows").With("x", x).With("y", y).With("geometry", zero).Run(), InvalidArgument);
  CHECK_THROWS_AS(Call<T>("step_windows").With("x", x).With("y", other).With("geometry", one).Run(), InvalidArgument);
}

}  // namespace blasnet::testing
