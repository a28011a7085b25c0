#include "test/testing.h"
#include "test/tier.h"

namespace blasnet::testing {

namespace {

using Real = long double;
using Reals = std::vector<Real>;

Real Sigma(Real x) { return 1 / (1 + std::exp(-x)); }

struct Cell {
  const char* name;
  size_t gates, inner, kept, cell;
};

constexpr Cell kCells[] = {
    {"lstm", 4, 0, 5, 1}, {"gru", 3, 1, 5, 0}, {"simple_rnn_tanh", 1, 0, 1, 0}, {"simple_rnn_relu", 1, 0, 1, 0}};

struct Sizes {
  size_t rows, steps, features, units;
};

// Everything that a layer computes with, and a number that is added to one of its sums.
struct Problem {
  Cell cell;
  Sizes n;
  bool reverse;
  Reals x, w, u, b, inner_b, h0, c0, mask, h_mask;
  size_t shift_at = SIZE_MAX, inner_shift_at = SIZE_MAX;
  Real shift = 0;
};

struct States {
  Reals y, last_h, last_c, previous;
};

// The formulas of the kernels' comments, one number at a time.
States Naive(const Problem& p) {
  const auto [rows, steps, features, units] = p.n;
  const size_t columns = p.cell.gates * units;
  const std::string name = p.cell.name;
  States s{Reals(rows * steps * units), p.h0, p.c0, Reals(rows * steps * units)};
  for (size_t row = 0; row < rows; ++row) {
    for (size_t step = 0; step < steps; ++step) {
      const size_t t = p.reverse ? steps - 1 - step : step, at = row * steps + t;
      if (p.mask[at] == 0) continue;
      Reals z(columns), inner(columns), h(units), c(units);
      for (size_t j = 0; j < columns; ++j) {
        z[j] = p.b[j] + (p.shift_at == at * columns + j ? p.shift : 0);
        inner[j] = (p.cell.inner ? p.inner_b[j] : 0) + (p.inner_shift_at == at * columns + j ? p.shift : 0);
        for (size_t i = 0; i < features; ++i) z[j] += p.x[at * features + i] * p.w[i * columns + j];
        for (size_t i = 0; i < units; ++i) {
          const Real left = s.last_h[row * units + i] * p.h_mask[row * units + i];
          s.previous[at * units + i] = left;
          inner[j] += left * p.u[i * columns + j];
        }
      }
      for (size_t j = 0; j < units; ++j) {
        const auto sum = [&](size_t gate) { return z[gate * units + j] + inner[gate * units + j]; };
        const Real before = s.last_h[row * units + j];
        if (name == "lstm") {
          c[j] = Sigma(sum(1)) * s.last_c[row * units + j] + Sigma(sum(0)) * std::tanh(sum(2));
          h[j] = Sigma(sum(3)) * std::tanh(c[j]);
        } else if (name == "gru") {
          const Real fresh = std::tanh(z[2 * units + j] + Sigma(sum(0)) * inner[2 * units + j]);
          h[j] = (1 - Sigma(sum(1))) * fresh + Sigma(sum(1)) * before;
        } else {
          h[j] = name == "simple_rnn_tanh" ? std::tanh(sum(0)) : std::max(Real(0), sum(0));
        }
      }
      for (size_t j = 0; j < units; ++j) {
        s.y[at * units + j] = s.last_h[row * units + j] = h[j];
        if (p.cell.cell) s.last_c[row * units + j] = c[j];
      }
    }
  }
  return s;
}

template <class T>
void CopyTo(Reals& to, const Tensor<T>& from) {
  to.assign(from.data(), from.data() + from.size());
}

template <class T>
void CheckCell(const Cell& cell, const Sizes& n, bool reverse, bool has_options, size_t threads) {
  INFO(std::string(cell.name), " rows, steps, features, units = ", n.rows, ", ", n.steps, ", ", n.features, ", ",
       n.units);
  const size_t columns = cell.gates * n.units, states = n.rows * n.units, all = n.rows * n.steps;
  Tensor<T> x({n.rows, n.steps, n.features}), w({n.features, columns}), u({n.units, columns}), b({1, columns});
  Tensor<T> inner_b({cell.inner * columns}), none({0});
  Tensor<T> h0({n.rows, n.units}), c0({n.rows, cell.cell * n.units}), h_mask({n.rows, n.units}),
      mask({n.rows, n.steps});
  Numbers numbers(n.rows + n.units + n.steps);
  for (Tensor<T>* one : {&x, &w, &u, &b, &inner_b, &h0, &c0}) numbers.Fill(*one);
  // Weights that neither forget nor grow: errors would grow with them.
  for (size_t i = 0; i < u.size(); ++i) u[i] /= std::sqrt(T(n.units));
  for (size_t i = 0; i < states; ++i) h_mask[i] = has_options ? T(numbers.Below(2)) * 2 : T(1);
  for (size_t i = 0; i < all; ++i) mask[i] = has_options ? T(numbers.Below(3) != 0) : T(1);
  for (size_t t = 0; has_options && t < n.steps; ++t) mask[t] = 0;  // a row of which nothing counts
  if (!has_options) {
    h0 = T(0);
    c0 = T(0);
  }
  Problem p{cell, n, reverse, {}, {}, {}, {}, {}, {}, {}, {}, {}};
  for (const auto& [to, from] : {std::pair{&p.x, &x},
                                 {&p.w, &w},
                                 {&p.u, &u},
                                 {&p.b, &b},
                                 {&p.inner_b, &inner_b},
                                 {&p.h0, &h0},
                                 {&p.c0, &c0},
                                 {&p.mask, &mask},
                                 {&p.h_mask, &h_mask}}) {
    CopyTo(*to, *from);
  }
  Tensor<T> y({n.rows, n.steps, n.units}), last_h({n.rows, n.units}), last_c({n.rows, cell.cell * n.units});
  Tensor<T> kept({n.rows, n.steps, cell.kept * n.units}), previous({n.rows, n.steps, n.units});
  const auto optional = [&](Tensor<T>& tensor) -> Tensor<T>& { return has_options ? tensor : none; };
  Pool pool(threads);
  Context context{pool};
  const std::string forward = std::string(cell.name) + "_forward", backward = std::string(cell.name) + "_backward";
  const auto call = [&](Tensor<T>& y_to, Tensor<T>& kept_to, Tensor<T>& previous_to) {
    Call<T>(forward)
        .With("x", x)
        .With("w", w)
        .With("u", u)
        .With("b", b)
        .With("innerB", inner_b)
        .With("h0", optional(h0))
        .With("c0", optional(c0))
        .With("mask", optional(mask))
        .With("hMask", optional(h_mask))
        .With("y", y_to)
        .With("lastH", last_h)
        .With("lastC", last_c)
        .With("kept", kept_to)
        .With("previous", previous_to)
        .With("reverse", double(reverse))
        .Run(context);
  };
  call(y, kept, previous);
  const States expected = Naive(p);
  const Real tolerance = kEpsilon<T> * 8 * (n.features + n.units + 8) * n.steps;
  const auto worst = [&](const Tensor<T>& received, const Reals& right) {
    Worst error;
    for (size_t i = 0; i < received.size(); ++i) error.Add(received[i], right[i], tolerance);
    return error.ratio();
  };
  CHECK(worst(y, expected.y) <= 1);
  CHECK(worst(last_h, expected.last_h) <= 1);
  CHECK(worst(last_c, expected.last_c) <= 1);
  CHECK(worst(previous, expected.previous) <= 1);
  const auto bits = last_h.values();
  call(none, none, none);  // inference of the last state alone
  CHECK(bits == last_h.values());

  Tensor<T> dy({n.rows, n.steps, n.units}), dlast_h({n.rows, n.units}), dlast_c({n.rows, cell.cell * n.units});
  for (Tensor<T>* one : {&dy, &dlast_h, &dlast_c}) numbers.Fill(*one);
  Tensor<T> dz({n.rows, n.steps, columns}), inner({cell.inner * all * columns});
  Tensor<T> dh0({n.rows, n.units}), dc0({n.rows, cell.cell * n.units});
  Call<T>(backward)
      .With("u", u)
      .With("kept", kept)
      .With("mask", optional(mask))
      .With("hMask", optional(h_mask))
      .With("dy", dy)
      .With("dlastH", dlast_h)
      .With("dlastC", dlast_c)
      .With("dz", dz)
      .With("inner", inner)
      .With("dh0", dh0)
      .With("dc0", dc0)
      .With("reverse", double(reverse))
      .Run(context);
  // The gradients by the weights and by x follow from those of each step.
  Tensor<T>& by_product = cell.inner ? inner : dz;
  Tensor<T> dw({n.features, columns}), du({n.units, columns}), db({columns}), inner_db({cell.inner * columns});
  Tensor<T> dx({n.rows, n.steps, n.features}), dh0_too({n.rows, n.units}), dc0_too({n.rows, cell.cell * n.units});
  for (const bool accumulate : {false, true}) {
    for (Tensor<T>* one : {&dw, &du, &db, &inner_db}) *one = accumulate ? T(1) : kNaN<T>;
    const auto gradients = [&](bool has_weights, bool has_x) {
      const auto only = [&](bool wanted, Tensor<T>& tensor) -> Tensor<T>& { return wanted ? tensor : none; };
      Call<T>(std::string(cell.name) + "_gradients")
          .With("x", x)
          .With("w", w)
          .With("u", u)
          .With("kept", kept)
          .With("previous", previous)
          .With("mask", optional(mask))
          .With("hMask", optional(h_mask))
          .With("dy", dy)
          .With("dlastH", dlast_h)
          .With("dlastC", dlast_c)
          .With("dw", only(has_weights, dw))
          .With("du", only(has_weights, du))
          .With("db", only(has_weights, db))
          .With("innerDb", only(has_weights, inner_db))
          .With("dx", only(has_x, dx))
          .With("dh0", dh0_too)
          .With("dc0", dc0_too)
          .With("accumulate", double(accumulate))
          .With("reverse", double(reverse))
          .Run(context);
    };
    gradients(false, false);
    CHECK(dh0_too.values() == dh0.values());
    CHECK(dc0_too.values() == dc0.values());
    gradients(true, false);
    const auto start = dw.values();
    for (Tensor<T>* one : {&dw, &du, &db, &inner_db}) *one = accumulate ? T(1) : kNaN<T>;
    gradients(true, true);
    CHECK(start == dw.values());
    Worst error;
    const Real begun = accumulate ? 1 : 0, bound = tolerance * (all + 4);
    for (size_t j = 0; j < columns; ++j) {
      Real bias = begun, inner_bias = begun;
      for (size_t r = 0; r < all; ++r) {
        bias += dz[r * columns + j];
        inner_bias += by_product[r * columns + j];
      }
      error.Add(db[j], bias, bound);
      if (cell.inner) error.Add(inner_db[j], inner_bias, bound);
      for (size_t i = 0; i < n.features; ++i) {
        Real sum = begun;
        for (size_t r = 0; r < all; ++r) sum += Real(x[r * n.features + i]) * dz[r * columns + j];
        error.Add(dw[i * columns + j], sum, bound);
      }
      for (size_t i = 0; i < n.units; ++i) {
        Real sum = begun;
        for (size_t r = 0; r < all; ++r) sum += Real(previous[r * n.units + i]) * by_product[r * columns + j];
        error.Add(du[i * columns + j], sum, bound);
      }
    }
    for (size_t r = 0; r < all; ++r) {
      for (size_t i = 0; i < n.features; ++i) {
        Real sum = 0;
        for (size_t j = 0; j < columns; ++j) sum += Real(dz[r * columns + j]) * w[i * columns + j];
        error.Add(dx[r * n.features + i], sum, kEpsilon<T> * 4 * (columns + 4));
      }
    }
    CHECK(error.ratio() <= 1);
  }
  const auto loss = [&] {
    const States s = Naive(p);
    Real sum = 0;
    for (size_t i = 0; i < dy.size(); ++i) sum += s.y[i] * dy[i];
    for (size_t i = 0; i < dlast_h.size(); ++i) sum += s.last_h[i] * dlast_h[i];
    for (size_t i = 0; i < dlast_c.size(); ++i) sum += s.last_c[i] * dlast_c[i];
    return sum;
  };
  const auto check = [&](const Tensor<T>& gradient, Real& number, size_t& at, Real start) {
    Worst error;
    const size_t each = std::max<size_t>(1, gradient.size() / 40);
    for (size_t i = 0; i < gradient.size(); i += each) {
      constexpr Real kStep = 1e-6L;
      at = i;
      number = start + kStep;
      const Real above = loss();
      number = start - kStep;
      error.Add(gradient[i], (above - loss()) / (2 * kStep), 4 * tolerance + 1e-9L);
    }
    number = start;
    at = SIZE_MAX;
    return error.ratio();
  };
  CHECK(check(dz, p.shift, p.shift_at, 0) <= 1);
  if (cell.inner) CHECK(check(inner, p.shift, p.inner_shift_at, 0) <= 1);
  for (const auto& [gradient, states_of] : {std::pair{&dh0, &p.h0}, {&dc0, &p.c0}}) {
    Worst error;
    for (size_t i = 0; i < gradient->size(); i += std::max<size_t>(1, gradient->size() / 20)) {
      Real& number = (*states_of)[i];
      const Real start = number;
      number = start + 1e-6L;
      const Real above = loss();
      number = start - 1e-6L;
      error.Add((*gradient)[i], (above - loss()) / 2e-6L, 4 * tolerance + 1e-9L);
      number = start;
    }
    CHECK(error.ratio() <= 1);
  }
}

}  // namespace

TEST_CASE_TEMPLATE("recurrent layers and their gradients", T, float, double) {
  for (const Cell& cell : kCells) {
    for (const Sizes& n : {Sizes{1, 1, 1, 1}, Sizes{2, 5, 3, 4}, Sizes{3, 20, 2, 17}, Sizes{9, 4, 5, 33},
                           Sizes{2, 2, 1, 65}, Sizes{41, 6, 1, 3}}) {
      if (IsQuick() && n.units > 20) continue;
      for (const bool reverse : {false, true}) {
        if (!reverse || !IsQuick()) CheckCell<T>(cell, n, reverse, false, 1);
        if (reverse || !IsQuick()) CheckCell<T>(cell, n, reverse, true, 2);
      }
    }
  }
}

TEST_CASE("the kernels of recurrent layers refuse what does not fit") {
  Tensor<float> x({2, 3, 4}), w({4, 8}), u({2, 8}), b({8}), none({0}), last({2, 2}), wrong({2, 3});
  for (Tensor<float>* one : {&x, &w, &u, &b}) *one = 0.0f;
  const auto call = [&](Tensor<float>& h0, Tensor<float>& mask) {
    Call<float>("lstm_forward")
        .With("x", x)
        .With("w", w)
        .With("u", u)
        .With("b", b)
        .With("innerB", none)
        .With("h0", h0)
        .With("c0", none)
        .With("mask", mask)
        .With("hMask", none)
        .With("y", none)
        .With("lastH", last)
        .With("lastC", last)
        .With("kept", none)
        .With("previous", none)
        .With("reverse", 0.0)
        .Run();
  };
  CHECK_THROWS_WITH_AS(call(wrong, none), doctest::Contains("h0's size"), InvalidArgument);
  CHECK_THROWS_WITH_AS(call(none, last), doctest::Contains("mask's size"), InvalidArgument);
}

}  // namespace blasnet::testing
