#include "core/row_groups.h"
#include "test/testing.h"

namespace blasnet::testing {

namespace {

constexpr size_t kRows = 64;
// So many numbers are worth two tiles.
constexpr size_t kWide = 40000;

// A call that reads rows of one buffer and writes rows of another; `weights` is a buffer that all rows read.
CallAccess Chained(size_t from, size_t to, size_t weights, size_t rows = kRows) {
  return {{{from, 0, 100, false, true}, {to, 0, 100, true, true}, {weights, 0, 100, false, false}}, rows, 100, kWide};
}

// A call that reads one buffer and writes another, as a whole.
CallAccess Whole(size_t from, size_t to) { return {{{from, 0, 100, false, false}, {to, 0, 100, true, false}}}; }

std::vector<std::vector<size_t>> OrderOf(const std::vector<CallAccess>& calls) {
  std::vector<std::vector<size_t>> order;
  for (const CallGroup& group : GroupByRows(calls)) order.push_back(group.calls);
  return order;
}

using Order = std::vector<std::vector<size_t>>;

}  // namespace

TEST_CASE("calls by rows make one group, and what lies between them waits") {
  CHECK(OrderOf({Chained(0, 1, 10), Whole(1, 20), Chained(1, 2, 11), Whole(2, 21)}) == Order{{0, 2}, {1}, {3}});
}

TEST_CASE("calls keep their order where one needs what the other wrote") {
  SUBCASE("rows that are computed from what a waiting call writes") {
    CHECK(OrderOf({Chained(0, 1, 10), Whole(1, 2), Chained(2, 3, 11)}) == Order{{0}, {1}, {2}});
  }
  SUBCASE("a waiting call that writes what rows read before it") {
    CHECK(OrderOf({Chained(0, 1, 10), Whole(1, 10), Chained(1, 2, 10)}) == Order{{0}, {1}, {2}});
  }
  SUBCASE("a waiting call that reads what a later one overwrites") {
    CHECK(OrderOf({Chained(0, 1, 10), Whole(1, 20), Chained(5, 1, 10)}) == Order{{0}, {1}, {2}});
  }
  SUBCASE("all rows of what another call of the group writes by rows") {
    CHECK(OrderOf({Chained(0, 1, 10), Chained(2, 3, 1)}) == Order{{0}, {1}});
  }
  SUBCASE("rows that begin elsewhere in the same memory") {
    CallAccess shifted = Chained(1, 2, 10);
    shifted.accesses[0].begin = 50;
    CHECK(OrderOf({Chained(0, 1, 10), shifted}) == Order{{0}, {1}});
  }
}

TEST_CASE("calls of other numbers of rows, and large products, stay alone") {
  CHECK(OrderOf({Chained(0, 1, 10), Chained(2, 3, 11, kRows + 1)}) == Order{{0}, {1}});
  CallAccess large = Chained(1, 2, 11);
  large.shared_numbers = (1 << 22) / kRows + 1;
  CHECK(OrderOf({Chained(0, 1, 10), large, Chained(2, 3, 12)}) == Order{{0}, {1}, {2}});
}

TEST_CASE("a group has as many tiles as its work is worth and its rows allow") {
  const auto tiles = [](size_t rows, size_t numbers) {
    CallAccess first = Chained(0, 1, 10, rows), second = Chained(1, 2, 10, rows);
    first.shared_numbers = second.shared_numbers = numbers;
    return GroupByRows({first, second}).front().most_tiles;
  };
  CHECK(tiles(64, 100) == 1);
  CHECK(tiles(64, kWide) == 8);
  CHECK(tiles(17, kWide) == 2);
  CHECK(tiles(15, kWide) == 1);
}

// A layer, relu, another layer, and a product over all rows in between, as a plan has them.
template <class T>
std::vector<T> RunLayers(size_t rows, size_t threads, bool by_rows) {
  const size_t in = 96, hidden = 128, out = 70;
  Tensor<T> x({rows, in}), w1({in, hidden}), b1({hidden}), z1({rows, hidden}), a1({rows, hidden}), w2({hidden, out}),
      b2({out}), z2({rows, out}), dw({in, hidden}), db({hidden});
  Numbers numbers(7);
  numbers.Fill(x), numbers.Fill(w1), numbers.Fill(b1), numbers.Fill(w2), numbers.Fill(b2);
  std::vector<Buffer> memory;
  const auto at = [&](const Tensor<T>& tensor) {
    Operand operand;
    operand.buffer = memory.size();
    operand.shape.rank = static_cast<uint8_t>(tensor.shape().size());
    std::copy(tensor.shape().begin(), tensor.shape().end(), operand.shape.shape);
    operand.shape.type = detail::DataTypeOf<T>();
    for (size_t i = 0; i < memory.size(); ++i) {
      if (memory[i].data == reinterpret_cast<unsigned char*>(tensor.data())) operand.buffer = i;
    }
    if (operand.buffer == memory.size()) {
      memory.push_back({reinterpret_cast<unsigned char*>(tensor.data()), tensor.bytes()});
    }
    return operand;
  };
  Operand none;
  Plan plan(10);
  constexpr int kVariant = std::is_same_v<T, double>;
  const auto add = [&](const char* kernel, std::vector<Operand> operands) {
    plan.Add(Kernels().Find(kernel), kVariant, std::move(operands));
  };
  add("fully_connected_forward", {at(x), at(w1), at(b1), at(z1)});
  add("relu_forward", {at(z1), at(a1), none});
  add("fully_connected_backward_weights", {at(x), at(a1), at(dw), at(db)});
  add("fully_connected_forward", {at(a1), at(w2), at(b2), at(z2)});
  for (size_t i = 0; i < memory.size(); ++i) plan.Bind(i, memory[i]);
  if (by_rows) plan.FindRowGroups();
  Pool pool(threads);
  Context context{pool};
  plan.Run(context);
  std::vector<T> results = z2.values();
  for (const T value : dw.values()) results.push_back(value);
  return results;
}

TEST_SUITE_BEGIN("threads");

TEST_CASE_TEMPLATE("a plan by rows computes the bits of its calls one by one", T, float, double) {
  for (const size_t rows : {64, 73, 130}) {
    const std::vector<T> expected = RunLayers<T>(rows, 1, false);
    CHECK(std::none_of(expected.begin(), expected.end(), [](T value) { return std::isnan(value); }));
    for (size_t threads = 1; threads <= 4; ++threads) CHECK(RunLayers<T>(rows, threads, true) == expected);
  }
}

TEST_CASE("tiles round as their caller does") {
  Pool pool(2);
  const volatile float tiny = 1e-38f;
  std::vector<float> halves(1000);
  const auto halve = [&] { pool.ParallelFor(halves.size(), [&](size_t i) { halves[i] = tiny / 1000; }); };
  {
    const FlushDenormals flush;
    halve();
  }
  CHECK(std::all_of(halves.begin(), halves.end(), [](float value) { return value == 0; }));
  halve();
  CHECK(std::all_of(halves.begin(), halves.end(), [](float value) { return value > 0; }));
}

TEST_SUITE_END();

}  // namespace blasnet::testing
