#include "core/philox.h"
#include "test/testing.h"
#include "test/threads.h"

namespace blasnet::testing {

namespace {

// One call of attention, forward and backward, and its numbers.
struct Case {
  size_t rows, heads, queries, keys, key_size, value_size;
  bool causal = false;
  // Keys that count: all; those before a place that differs from row to row (row 0 has none); every third one.
  enum class Keys { kAll, kFirst, kScattered } which = Keys::kAll;
  double rate = 0;

  bool Counts(size_t row, size_t key) const {
    switch (which) {
      case Keys::kAll:
        return true;
      case Keys::kFirst:
        return key < row * keys / (rows > 1 ? rows - 1 : 1);
      case Keys::kScattered:
        return (key + row) % 3 == 0;
    }
    return true;
  }
};

constexpr double kSeed = 11, kStream = 5, kStep = 2;

template <class T>
struct Operands {
  explicit Operands(const Case& c)
      : q({c.rows, c.queries, c.heads * c.key_size}),
        k({c.rows, c.keys, c.heads * c.key_size}),
        v({c.rows, c.keys, c.heads * c.value_size}),
        mask({c.rows, c.keys}),
        y({c.rows, c.queries, c.heads * c.value_size}),
        log_sum({c.rows, c.heads, c.queries}),
        dy(y.shape()),
        dq(q.shape()),
        dk(k.shape()),
        dv(v.shape()) {
    Numbers numbers(c.rows + c.queries + c.keys + c.key_size);
    numbers.Fill(q, -2, 2), numbers.Fill(k, -2, 2), numbers.Fill(v), numbers.Fill(dy);
    for (size_t i = 0; i < mask.size(); ++i) mask[i] = c.Counts(i / c.keys, i % c.keys) ? T(1) : T(0);
  }

  // The kernel's variant that has what the case asks for.
  Call<T> Of(const Case& c, const std::string& pass) {
    const bool masked = c.which != Case::Keys::kAll || c.rate > 0;
    const std::string variant = c.rate > 0 ? "dropout_" : masked ? "masked_" : "";
    Call<T> call("attention_" + variant + pass);
    call.With("q", q).With("k", k).With("v", v).With("y", y).With("logSum", log_sum);
    call.With("heads", static_cast<double>(c.heads)).With("causal", c.causal).With("scale", 0.4);
    if (masked) call.With("mask", mask);
    if (c.rate > 0) call.With("rate", c.rate).With("seed", kSeed).With("stream", kStream).With("step", kStep);
    return call;
  }
  void Forward(const Case& c, Context& context = SharedContext()) { Of(c, "forward").Run(context); }
  void Backward(const Case& c, bool accumulate, Context& context = SharedContext()) {
    Call<T> call = Of(c, "backward");
    call.With("dy", dy).With("dq", dq).With("dk", dk).With("dv", dv).With("accumulate", accumulate).Run(context);
  }

  Tensor<T> q, k, v, mask, y, log_sum, dy, dq, dk, dv;
};

// The factor of a probability: word `query` of those that begin with the key's block.
long double FactorOf(const Case& c, size_t row, size_t head, size_t query, size_t key) {
  if (c.rate == 0) return 1;
  const Philox random(static_cast<uint64_t>(kSeed), static_cast<uint32_t>(kStream), static_cast<uint64_t>(kStep));
  const size_t first = ((row * c.heads + head) * c.keys + key) * ((c.queries + 3) / 4);
  const bool kept = random(static_cast<uint32_t>(first + query / 4))[query % 4] >= std::round(c.rate * 0x1p32);
  return kept ? 1 / (1 - static_cast<long double>(c.rate)) : 0;
}

// The same in plain loops. Gradients begin with `before`.
template <class T>
struct Naive {
  Naive(const Case& c, const Operands<T>& o, long double before)
      : y(o.y.size(), 0),
        log_sum(o.log_sum.size()),
        dq(o.q.size(), before),
        dk(o.k.size(), before),
        dv(o.v.size(), before) {
    for (size_t row = 0; row < c.rows; ++row) {
      for (size_t head = 0; head < c.heads; ++head) {
        for (size_t query = 0; query < c.queries; ++query) Query(c, o, row, head, query);
      }
    }
  }

  void Query(const Case& c, const Operands<T>& o, size_t row, size_t head, size_t query) {
    const size_t at_q = ((row * c.queries + query) * c.heads + head) * c.key_size;
    const size_t at_y = ((row * c.queries + query) * c.heads + head) * c.value_size;
    const auto at = [&](size_t key, size_t size) { return ((row * c.keys + key) * c.heads + head) * size; };
    std::vector<long double> p(c.keys, 0), slope(c.keys, 0), factor(c.keys, 0);
    const auto counts = [&](size_t key) { return c.Counts(row, key) && (!c.causal || key <= query); };
    long double sum = 0, dot = 0;
    for (size_t key = 0; key < c.keys; ++key) {
      if (!counts(key)) continue;
      long double score = 0;
      for (size_t i = 0; i < c.key_size; ++i) {
        score += static_cast<long double>(o.q[at_q + i]) * o.k[at(key, c.key_size) + i];
      }
      p[key] = std::exp(score * static_cast<T>(0.4));
      sum += p[key];
    }
    log_sum[(row * c.heads + head) * c.queries + query] = sum == 0 ? kInfinity<T> : std::log(sum);
    for (size_t key = 0; key < c.keys; ++key) {
      if (!counts(key)) continue;
      p[key] /= sum;
      factor[key] = FactorOf(c, row, head, query, key);
      for (size_t i = 0; i < c.value_size; ++i) {
        const long double value = o.v[at(key, c.value_size) + i];
        y[at_y + i] += factor[key] * p[key] * value;
        slope[key] += factor[key] * o.dy[at_y + i] * value;
        dv[at(key, c.value_size) + i] += factor[key] * p[key] * o.dy[at_y + i];
      }
      dot += p[key] * slope[key];
    }
    for (size_t key = 0; key < c.keys; ++key) {
      if (!counts(key)) continue;
      const long double ds = p[key] * (slope[key] - dot) * static_cast<T>(0.4);
      for (size_t i = 0; i < c.key_size; ++i) {
        dq[at_q + i] += ds * o.k[at(key, c.key_size) + i];
        dk[at(key, c.key_size) + i] += ds * o.q[at_q + i];
      }
    }
  }

  std::vector<long double> y, log_sum, dq, dk, dv;
};

template <class T>
double Error(const Tensor<T>& received, const std::vector<long double>& expected, long double terms) {
  Worst worst;
  for (size_t i = 0; i < received.size(); ++i) {
    worst.Add(received[i], expected[i], kEpsilon<T> * terms * (1 + std::abs(expected[i])));
  }
  return worst.ratio();
}

using Keys = Case::Keys;
constexpr Case kCases[] = {
    {1, 1, 1, 1, 1, 1},
    {3, 2, 5, 7, 3, 4},
    {2, 4, 50, 50, 16, 16},
    {2, 2, 17, 33, 8, 24, false, Keys::kFirst},
    {3, 1, 33, 17, 65, 33, true, Keys::kFirst},
    {3, 3, 9, 31, 5, 1, true},
    {2, 1, 31, 9, 16, 7, true, Keys::kScattered},
    // Several blocks of queries and keys, with ends within blocks.
    {3, 2, 65, 129, 17, 9, false, Keys::kFirst},
    {1, 2, 300, 300, 8, 16, true},
    {2, 1, 200, 391, 4, 40, false, Keys::kScattered},
    {2, 1, 391, 200, 32, 4, true, Keys::kFirst},
    {1, 1, 130, 257, 300, 3, true},
    // Dropped probabilities.
    {2, 2, 7, 9, 4, 3, false, Keys::kAll, 0.3},
    {3, 2, 70, 135, 4, 8, false, Keys::kFirst, 0.5},
    {1, 1, 140, 140, 8, 4, true, Keys::kScattered, 0.1},
};

std::string TextOf(const Case& c) {
  std::string text;
  for (const size_t number : {c.rows, c.heads, c.queries, c.keys, c.key_size, c.value_size}) {
    text += std::to_string(number) + " ";
  }
  return text + (c.causal ? "causal" : "");
}

}  // namespace

TEST_CASE_TEMPLATE("attention and its derivatives are those of plain loops", T, float, double) {
  for (const Case& c : kCases) {
    INFO(TextOf(c));
    for (const bool accumulate : {false, true}) {
      Operands<T> o(c);
      if (accumulate) o.dq = T(1), o.dk = T(1), o.dv = T(1);
      o.Forward(c);
      o.Backward(c, accumulate);
      const Naive<T> naive(c, o, accumulate ? 1 : 0);
      const long double terms = 40 + static_cast<long double>(c.key_size);
      CHECK(Error(o.y, naive.y, terms) <= 1);
      CHECK(Error(o.log_sum, naive.log_sum, terms) <= 1);
      CHECK(Error(o.dq, naive.dq, 4 * terms) <= 1);
      CHECK(Error(o.dk, naive.dk, 4 * terms + c.queries) <= 1);
      CHECK(Error(o.dv, naive.dv, 4 * terms + c.queries) <= 1);
    }
  }
}

TEST_CASE_TEMPLATE("attention without keys is 0, and so are its gradients", T, float, double) {
  const Case c{2, 2, 70, 140, 4, 3, false, Keys::kFirst};
  Operands<T> o(c);
  o.mask = T(0);
  o.Forward(c);
  o.Backward(c, false);
  for (const Tensor<T>* tensor : {&o.y, &o.dq, &o.dk, &o.dv}) {
    CHECK(std::all_of(tensor->data(), tensor->data() + tensor->size(), [](T x) { return x == 0; }));
  }
}

TEST_CASE_TEMPLATE("attention stays finite for large scores, and takes NaN on", T, float, double) {
  const Case c{1, 1, 3, 300, 2, 2};
  Operands<T> o(c);
  o.q = T(300), o.k = T(300), o.v = T(2);
  o.k[2 * 200] = T(400);
  o.Forward(c);
  o.Backward(c, false);
  CHECK(o.y[0] == doctest::Approx(2));
  for (size_t i = 0; i < o.dk.size(); ++i) REQUIRE(std::isfinite(o.dk[i]));
  // Scores so large that their logarithms of sums are off by more than the scores differ.
  o.q = T(3e5), o.k = T(1e5);
  Numbers(3).Fill(o.k, 1e5, 1.1e5);
  o.Forward(c);
  o.Backward(c, false);
  for (const Tensor<T>* tensor : {&o.y, &o.dq, &o.dk, &o.dv}) {
    for (size_t i = 0; i < tensor->size(); ++i) REQUIRE(std::isfinite((*tensor)[i]));
  }
  o.k[2 * 7] = kNaN<T>;
  o.Forward(c);
  for (size_t i = 0; i < o.y.size(); ++i) REQUIRE(std::isnan(o.y[i]));
}

TEST_CASE_TEMPLATE("attention has the same bits on any number of threads", T, float, double) {
  for (const Case& c : {Case{9, 4, 70, 70, 16, 16}, Case{2, 3, 300, 300, 8, 8, true, Keys::kFirst, 0.2}}) {
    const auto check = [&](auto member, bool backward) {
      Operands<T> shapes(c);
      CheckThreadsDoNotMatter<T>((shapes.*member).shape(), [&](Context& context, Tensor<T>& out) {
        Operands<T> o(c);
        o.Forward(c, context);
        if (backward) o.Backward(c, false, context);
        std::copy_n((o.*member).data(), out.size(), out.data());
      });
    };
    check(&Operands<T>::y, false);
    check(&Operands<T>::dq, true);
    check(&Operands<T>::dk, true);
    check(&Operands<T>::dv, true);
  }
}

TEST_CASE("operands of attention that do not fit are refused") {
  const Case c{2, 2, 5, 7, 4, 4};
  Operands<float> o(c);
  Tensor<float> narrow({2, 7, 6}), other({3, 7, 8});
  narrow = 1, other = 1;
  CHECK_THROWS_AS(o.Of(c, "forward").With("k", narrow).Run(), InvalidArgument);
  CHECK_THROWS_AS(o.Of(c, "forward").With("v", other).Run(), InvalidArgument);
  CHECK_THROWS_AS(o.Of(c, "forward").With("heads", 3.0).Run(), InvalidArgument);
  CHECK_THROWS_AS(o.Of(c, "forward").With("y", narrow).Run(), InvalidArgument);
  const Case masked{2, 2, 5, 7, 4, 4, false, Keys::kScattered};
  Tensor<float> mask({2, 5});
  mask = 1;
  CHECK_THROWS_AS(Operands<float>(masked).Of(masked, "forward").With("mask", mask).Run(), InvalidArgument);
}

}  // namespace blasnet::testing
