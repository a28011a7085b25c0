#include "core/row_groups.h"

#include <deque>
#include <stdexcept>

#include "core/rules.h"
#include "test/testing.h"
#include "test/tier.h"

namespace blasnet::testing {

namespace {

constexpr size_t kRows = 64;
// So many numbers are worth two tiles, and make no large product of kRows rows, on CPUs with short vectors, too.
constexpr size_t kWide = 1 << 15;

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
  large.shared_numbers = kRules.large_product() / kRows + 1;
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

// A call for sequences whose tensors take so many bytes each; `each` rows of it belong to one of the sequences.
CallAccess Long(size_t from, size_t to, size_t bytes, size_t each = 1, size_t weights = 100) {
  CallAccess call{{{from, 0, bytes, false, true}, {to, 0, bytes, true, true}, {10, 0, weights, false, false}}};
  call.rows = kRows * each;
  call.row_numbers = 2 * bytes / sizeof(float) / call.rows;
  call.shared_numbers = weights / sizeof(float);
  return call;
}

TEST_CASE("a chain whose rows take more than the second-level cache is cut for any number of threads") {
  const size_t near = kRules.near_bytes;
  const auto first = [](const std::vector<CallAccess>& calls) { return GroupByRows(calls).front(); };
  CHECK(first({Long(0, 1, near / 4), Long(1, 2, near / 4)}).near_tiles == 1);
  CHECK(first({Long(0, 1, near), Long(1, 2, near)}).near_tiles == 3);
  SUBCASE("as well where the rows of one call are parts of another's") {
    const CallGroup group = first({Long(0, 1, near, 50), Long(1, 2, near), Long(2, 3, near, 10)});
    CHECK(group.calls.size() == 3);
    CHECK(group.rows == kRows);
    CHECK(group.near_tiles == 4);
    CHECK(first({Long(0, 1, near, 3), Long(1, 2, near, 2)}).calls.size() == 1);
  }
  SUBCASE("with large products, whose weights stay in the cache and whose tiles fill register blocks") {
    const size_t weights = near / 8;
    CallAccess product = Long(1, 2, 8 * near, 50, weights);
    product.accesses[2].buffer = 11;
    REQUIRE(product.shared_numbers * product.rows > (size_t{1} << 19));
    CHECK(first({Long(0, 1, 8 * near), product}).near_tiles == 24);
    product.rows = 2 * kRows;  // of which 32 are 16 of the group
    product.row_numbers = 16 * near / sizeof(float) / product.rows;
    product.shared_numbers = 1 << 12;
    CHECK(first({Long(0, 1, 8 * near), product}).near_tiles == 4);
    product.shared_numbers = near / sizeof(float);
    CHECK(first({Long(0, 1, 8 * near), product}).calls.size() == 1);
  }
}

// Which calls run beside which, in the groups' order.
Order SideCallsOf(const std::vector<CallAccess>& calls) {
  Order order;
  for (const CallGroup& group : GroupByRows(calls)) {
    order.push_back(group.calls);
    order.back().insert(order.back().end(), group.side_calls.begin(), group.side_calls.end());
  }
  return order;
}

// The same with so many numbers.
CallAccess Sized(size_t from, size_t to, size_t numbers) {
  CallAccess call = Whole(from, to);
  call.shared_numbers = numbers;
  return call;
}

TEST_CASE("small calls run beside a large one that is independent of them, long ones first") {
  constexpr size_t kLarge = 1 << 15, kSmall = kLarge - 1;
  CHECK(SideCallsOf({Sized(0, 1, 9), Sized(0, 2, kSmall), Sized(0, 3, kLarge), Sized(0, 4, 10)}) ==
        Order{{2, 1, 3, 0}});
  SUBCASE("not beside a small one") { CHECK(SideCallsOf({Sized(0, 1, kSmall), Sized(0, 2, 9)}) == Order{{0}, {1}}); }
  SUBCASE("nor large ones") {
    CHECK(SideCallsOf({Sized(0, 1, kLarge), Sized(0, 2, 2 * kLarge), Sized(0, 3, 9)}) == Order{{0}, {1, 2}});
  }
  SUBCASE("nor what needs the large one, or another of the small ones") {
    CHECK(SideCallsOf({Sized(0, 1, kLarge), Sized(1, 2, 9)}) == Order{{0}, {1}});
    CHECK(SideCallsOf({Sized(0, 1, kLarge), Sized(2, 0, 9)}) == Order{{0}, {1}});
    CHECK(SideCallsOf({Sized(0, 1, 9), Sized(1, 2, 9), Sized(0, 3, kLarge)}) == Order{{0}, {2, 1}});
  }
  SUBCASE("nor beyond one that only looks whether numbers are finite") {
    CallAccess looks;
    looks.accesses = {{5, 0, 100, false, false}};
    CHECK(SideCallsOf({Sized(0, 1, kLarge), looks, Sized(0, 2, 9)}) == Order{{0}, {1}, {2}});
    CHECK(SideCallsOf({looks, Sized(0, 1, kLarge), Sized(0, 2, 9)}) == Order{{0}, {1, 2}});
  }
}

// Operands in memory of tensors, each of which is a buffer of a plan.
class Operands {
 public:
  template <class T>
  Operand At(const Tensor<T>& tensor) {
    Operand operand;
    operand.buffer = memory_.size();
    operand.shape.rank = static_cast<uint8_t>(tensor.shape().size());
    std::copy(tensor.shape().begin(), tensor.shape().end(), operand.shape.shape);
    operand.shape.type = detail::DataTypeOf<T>();
    auto* data = reinterpret_cast<unsigned char*>(tensor.data());
    for (size_t i = 0; i < memory_.size(); ++i) {
      if (memory_[i].data == data) operand.buffer = i;
    }
    if (operand.buffer == memory_.size()) memory_.push_back({data, tensor.bytes()});
    return operand;
  }
  void Bind(Plan& plan) const {
    for (size_t i = 0; i < memory_.size(); ++i) plan.Bind(i, memory_[i]);
  }

 private:
  std::vector<Buffer> memory_;
};

// A layer, relu, another layer, and a product over all rows in between, as a plan has them.
template <class T>
std::vector<T> RunLayers(size_t rows, size_t threads, bool by_rows) {
  const size_t in = 96, hidden = 128, out = 70;
  Tensor<T> x({rows, in}), w1({in, hidden}), b1({hidden}), z1({rows, hidden}), a1({rows, hidden}), w2({hidden, out}),
      b2({out}), z2({rows, out}), dw({in, hidden}), db({hidden});
  Numbers numbers(7);
  numbers.Fill(x), numbers.Fill(w1), numbers.Fill(b1), numbers.Fill(w2), numbers.Fill(b2);
  Operands operands;
  const auto at = [&](const Tensor<T>& tensor) { return operands.At(tensor); };
  Operand none;
  Plan plan(10);
  constexpr int kVariant = std::is_same_v<T, double>;
  const auto add = [&](const char* kernel, std::vector<Operand> arguments) {
    plan.Add(Kernels().Find(kernel), kVariant, std::move(arguments));
  };
  add("fully_connected_forward", {at(x), at(w1), at(b1), at(z1)});
  add("relu_forward", {at(z1), at(a1), none});
  add("fully_connected_backward_weights", {at(x), at(a1), at(dw), at(db), none});
  add("fully_connected_forward", {at(a1), at(w2), at(b2), at(z2)});
  operands.Bind(plan);
  if (by_rows) plan.FindRowGroups();
  Pool pool(threads);
  Context context{pool};
  plan.Run(context);
  std::vector<T> results = z2.values();
  for (const T value : dw.values()) results.push_back(value);
  return results;
}

// Two layers for each step of sequences with a relu by sequences between them, whose rows take more than the
// second-level cache.
template <class T>
std::vector<T> RunSteps(size_t threads, bool by_rows) {
  const size_t width = 32, steps = 8, rows = kRules.near_bytes / width / sizeof(T) / steps / 2;
  Tensor<T> x({rows * steps, width}), w({width, width}), b({width}), z({rows * steps, width}), a({rows, steps * width}),
      y({rows * steps, width});
  Numbers numbers(8);
  numbers.Fill(x), numbers.Fill(w), numbers.Fill(b);
  Operands operands;
  Operand none, same = operands.At(a);
  same.shape.rank = 2, same.shape.shape[0] = rows * steps, same.shape.shape[1] = width;
  Operand sums = operands.At(z);
  sums.shape = operands.At(a).shape;
  Plan plan(6);
  const auto add = [&](const char* kernel, std::vector<Operand> arguments) {
    plan.Add(Kernels().Find(kernel), std::is_same_v<T, double>, std::move(arguments));
  };
  add("fully_connected_forward", {operands.At(x), operands.At(w), operands.At(b), operands.At(z)});
  add("relu_forward", {sums, operands.At(a), none});
  add("fully_connected_forward", {same, operands.At(w), operands.At(b), operands.At(y)});
  operands.Bind(plan);
  if (by_rows) plan.FindRowGroups();
  Pool pool(threads);
  Context context{pool};
  plan.Run(context);
  return y.values();
}

// Descents of three layers, of which the second is a large one.
template <class T>
std::vector<T> RunDescents(size_t threads, bool beside) {
  constexpr size_t kInputs[] = {33, 500, 60}, kOutputs[] = {20, 160, 7};
  Plan plan(12);
  Operands operands;
  Operand rate;
  rate.constant = 0.3;
  std::deque<Tensor<T>> tensors;
  for (size_t layer = 0; layer < 3; ++layer) {
    std::vector<Operand> arguments;
    const std::vector<size_t> shapes[] = {
        {kRows, kInputs[layer]}, {kRows, kOutputs[layer]}, {kInputs[layer], kOutputs[layer]}, {kOutputs[layer]}};
    for (const std::vector<size_t>& shape : shapes) {
      Numbers(tensors.size()).Fill(tensors.emplace_back(shape));
      arguments.push_back(operands.At(tensors.back()));
    }
    arguments.push_back(rate);
    plan.Add(Kernels().Find("fully_connected_descend"), std::is_same_v<T, double>, arguments);
  }
  operands.Bind(plan);
  if (beside) plan.FindRowGroups();
  Pool pool(threads);
  Context context{pool};
  plan.Run(context);
  std::vector<T> results;
  for (Tensor<T>& tensor : tensors) {
    for (const T value : tensor.values()) results.push_back(value);
  }
  return results;
}

// Fills a tensor in two tiles.
template <class T>
void FillInTiles(Context& context, Vector<T> y) {
  context.pool.ParallelFor(2, [&](size_t tile) { std::fill_n(y.data + tile * y.size / 2, y.size / 2, T(1)); });
}

// What it writes is few numbers; many rows to pick from do not make it a large call.
template <class T>
void Fail(Context&, Matrix<const T>, Vector<T>) {
  throw std::runtime_error("no luck");
}

TEST_SUITE_BEGIN("threads");

TEST_CASE_TEMPLATE("a plan by rows computes the bits of its calls one by one", T, float, double) {
  for (const size_t rows : {64, 73, 130}) {
    const std::vector<T> expected = RunLayers<T>(rows, 1, false);
    CHECK(std::none_of(expected.begin(), expected.end(), [](T value) { return std::isnan(value); }));
    for (size_t threads = 1; threads <= 4; ++threads) CHECK(RunLayers<T>(rows, threads, true) == expected);
  }
}

TEST_CASE_TEMPLATE("a chain that is cut for the cache computes the bits of its calls one by one", T, float, double) {
  const std::vector<T> expected = RunSteps<T>(1, false);
  CHECK(std::none_of(expected.begin(), expected.end(), [](T value) { return std::isnan(value); }));
  for (size_t threads = 1; threads <= 3; ++threads) CHECK(RunSteps<T>(threads, true) == expected);
}

TEST_CASE_TEMPLATE("small calls beside a large one compute the bits of one after another", T, float, double) {
  const std::vector<T> expected = RunDescents<T>(1, false);
  for (size_t threads = 1; threads <= 4; ++threads) {
    for (int repeat = 0; repeat < (IsQuick() ? 2 : 10); ++repeat) CHECK(RunDescents<T>(threads, true) == expected);
  }
}

TEST_CASE("the error of a small call beside a large one is the plan's") {
  Registry registry;
  registry.Add<&FillInTiles<float>, &FillInTiles<double>>("fill", {"y"});
  registry.Add<&Fail<float>, &Fail<double>>("fail", {"source", "y"}).ReadsSomeRows({"source"});
  Tensor<float> source({1 << 14, 4}), large({1 << 15}), small({5});
  large = 0;
  Plan plan(3);
  Operands operands;
  plan.Add(registry.Find("fail"), 0, {operands.At(source), operands.At(small)});
  plan.Add(registry.Find("fill"), 0, {operands.At(large)});
  operands.Bind(plan);
  plan.FindRowGroups();
  Pool pool(2);
  Context context{pool};
  CHECK_THROWS_WITH_AS(plan.Run(context), "no luck", std::runtime_error);
  const std::vector<float> filled = large.values();
  CHECK(std::all_of(filled.begin(), filled.end(), [](float value) { return value == 1; }));
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
