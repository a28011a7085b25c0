#include "test/testing.h"
#include "test/threads.h"

namespace blasnet::testing {

namespace {

struct Case {
  size_t rows, heads, steps, key_size, value_size;
  bool masked = false;
};

// Two vectors of several lengths, and blocks of keys with ends within and behind them.
constexpr Case kCases[] = {
    {1, 1, 1, 1, 1}, {2, 3, 7, 5, 4, true}, {3, 2, 40, 8, 17}, {1, 2, 131, 3, 70, true}, {2, 1, 300, 16, 33},
};

// Queries, keys and values of all steps, and what the kernels of whole sequences make of them.
template <class T>
struct Sequence {
  explicit Sequence(const Case& c)
      : q({c.rows, c.steps, c.heads * c.key_size}),
        k({c.rows, c.steps, c.heads * c.key_size}),
        v({c.rows, c.steps, c.heads * c.value_size}),
        mask({c.rows, c.steps}),
        y({c.rows, c.steps, c.heads * c.value_size}),
        log_sum({c.rows, c.heads, c.steps}) {
    Numbers numbers(c.steps);
    numbers.Fill(q, -2, 2), numbers.Fill(k, -2, 2), numbers.Fill(v);
    // The first steps of row 0 count nowhere.
    for (size_t i = 0; i < mask.size(); ++i) mask[i] = c.masked && (i < 3 || i % 4 == 1) ? T(0) : T(1);
  }

  void Attend(const Case& c, bool causal) {
    Call<T> call(c.masked ? "attention_masked_forward" : "attention_forward");
    call.With("q", q).With("k", k).With("v", v).With("y", y).With("logSum", log_sum);
    call.With("heads", static_cast<double>(c.heads)).With("causal", causal).With("scale", 0.4);
    if (c.masked) call.With("mask", mask);
    call.Run();
  }

  Tensor<T> q, k, v, mask, y, log_sum;
};

// One step with what is kept of those before it.
template <class T>
struct Step {
  explicit Step(const Case& c, size_t places)
      : q({c.rows, 1, c.heads * c.key_size}),
        v({c.rows, 1, c.heads * c.value_size}),
        counts({c.rows, 1}),
        keys({c.rows, c.heads * c.key_size, places}),
        values({c.rows, places, c.heads * c.value_size}),
        mask({c.rows, places}),
        y({c.rows, 1, c.heads * c.value_size}),
        position({1}, {0}) {}

  static void Take(const Tensor<T>& all, size_t step, Tensor<T>& one) {
    const size_t rows = one.shape()[0], width = one.size() / rows, steps = all.size() / one.size();
    for (size_t i = 0; i < rows; ++i)
      std::copy_n(all.data() + (i * steps + step) * width, width, one.data() + i * width);
  }

  void Keep(Tensor<T>& x, Tensor<T>& kept, bool last) {
    Call<T>("keep_step").With("x", x).With("position", position).With("kept", kept).With("last", last).Run();
  }

  // Keeps key, value and mask of that step.
  void Keep(const Sequence<T>& all, size_t step) {
    position[0] = static_cast<int32_t>(step);
    Take(all.k, step, q), Keep(q, keys, true);
    Take(all.v, step, v), Keep(v, values, false);
    Take(all.mask, step, counts);
    const size_t places = mask.shape()[1];
    for (size_t i = 0; i < counts.size(); ++i) mask[i * places + step] = counts[i];
  }

  Call<T> Of(const Case& c, bool causal) {
    Call<T> call(c.masked ? "attention_step_masked" : "attention_step");
    call.With("q", q).With("keys", keys).With("values", values).With("position", position).With("y", y);
    call.With("heads", static_cast<double>(c.heads)).With("causal", causal).With("scale", 0.4);
    if (c.masked) call.With("mask", mask);
    return call;
  }

  Tensor<T> q, v, counts, keys, values, mask, y;
  Tensor<int32_t> position;
};

template <class T>
double Error(const Sequence<T>& all, const Step<T>& one, size_t step) {
  Tensor<T> expected(one.y.shape());
  Step<T>::Take(all.y, step, expected);
  Worst worst;
  for (size_t i = 0; i < expected.size(); ++i) {
    worst.Add(one.y[i], expected[i], 40 * kEpsilon<T> * (1 + std::abs(expected[i])));
  }
  return worst.ratio();
}

}  // namespace

// Places behind the step hold NaN.
TEST_CASE_TEMPLATE("attention of steps one by one is causal attention of the sequence", T, float, double) {
  for (const Case& c : kCases) {
    Sequence<T> all(c);
    all.Attend(c, true);
    Step<T> one(c, c.steps + 5);
    for (size_t step = 0; step < c.steps; ++step) {
      one.Keep(all, step);
      Step<T>::Take(all.q, step, one.q);
      one.Of(c, true).Run();
      INFO(step << " of " << c.steps);
      REQUIRE(Error(all, one, step) <= 1);
    }
  }
}

TEST_CASE_TEMPLATE("a step looks at all of another sequence", T, float, double) {
  for (const Case& c : kCases) {
    Sequence<T> all(c);
    all.Attend(c, false);
    Step<T> one(c, c.steps);
    for (size_t step = 0; step < c.steps; ++step) one.Keep(all, step);
    for (const size_t step : {size_t{0}, c.steps / 2, c.steps - 1}) {
      Step<T>::Take(all.q, step, one.q);
      one.position[0] = static_cast<int32_t>(step);
      one.Of(c, false).Run();
      CHECK(Error(all, one, step) <= 1);
    }
    // Positions behind its end change nothing.
    one.position[0] = static_cast<int32_t>(c.steps + 3);
    one.Of(c, true).Run();
    CHECK(Error(all, one, c.steps - 1) <= 1);
  }
}

TEST_CASE_TEMPLATE("attention of a step has the same bits on any number of threads", T, float, double) {
  const Case c{9, 8, 260, 16, 16};
  Sequence<T> all(c);
  Step<T> one(c, c.steps);
  for (size_t step = 0; step < c.steps; ++step) one.Keep(all, step);
  CheckThreadsDoNotMatter<T>(one.y.shape(),
                             [&](Context& context, Tensor<T>& out) { one.Of(c, true).With("y", out).Run(context); });
}

TEST_CASE("operands of a step that do not fit are refused") {
  const Case c{2, 2, 5, 3, 4, true};
  Sequence<float> all(c);
  Step<float> one(c, 6);
  one.Keep(all, 0);
  Tensor<float> odd({2, 6, 6}), few({2, 3});
  odd = 1, few = 1;
  CHECK_THROWS_AS(one.Of(c, true).With("q", odd).Run(), InvalidArgument);
  CHECK_THROWS_AS(one.Of(c, true).With("keys", odd).With("values", odd).Run(), InvalidArgument);
  CHECK_THROWS_AS(one.Of(c, true).With("mask", few).Run(), InvalidArgument);
  CHECK_THROWS_AS(one.Of(c, true).With("y", odd).Run(), InvalidArgument);
  CHECK_THROWS_AS(one.Of(c, true).With("heads", 4.0).Run(), InvalidArgument);
  CHECK_THROWS_AS(one.Keep(few, one.keys, true), InvalidArgument);
  for (const int32_t wrong : {-1, 6}) {
    one.position[0] = wrong;
    CHECK_THROWS_AS(one.Keep(one.v, one.values, false), InvalidArgument);
  }
  one.position[0] = -1;
  CHECK_THROWS_AS(one.Of(c, true).Run(), InvalidArgument);
}

}  // namespace blasnet::testing
