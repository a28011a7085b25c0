#include <cstring>
#include <functional>
#include <utility>
#include <vector>

#include "core/exchange.h"
#include "test/testing.h"

namespace blasnet::testing {

namespace {

// Plays rank 1 of 2: the other rank has ones where this one has its numbers, and its rows are full of sevens.
struct Other {
  bool fails = false;
  std::vector<std::function<const char*()>> begun;
};

extern const Exchange exchange;

const char* Sum(void* state, int is_double, const void* own, size_t own_shards, size_t count, void* sum, int whole) {
  if (static_cast<Other*>(state)->fails) return "rank 0 has ended";
  const auto add = [&](auto* to) {
    const auto* from = static_cast<const std::remove_pointer_t<decltype(to)>*>(own);
    const size_t first = whole != 0 ? 0 : exchange.PieceBegin(1, count, sizeof(*to));
    for (size_t i = first; i < count; ++i) {
      to[i] = static_cast<std::remove_pointer_t<decltype(to)>>(own_shards);
      for (size_t k = 0; k < own_shards; ++k) to[i] += from[k * count + i];
    }
  };
  is_double != 0 ? add(static_cast<double*>(sum)) : add(static_cast<float*>(sum));
  return nullptr;
}

const char* Gather(void* state, void* memory, const size_t* bytes) {
  if (static_cast<Other*>(state)->fails) return "rank 0 has ended";
  std::memset(memory, 7, bytes[0]);
  return nullptr;
}

// Does no more than note what is to be summed: the sum is there once somebody has waited for it.
const char* BeginSum(void* state, int is_double, const void* own, size_t own_shards, size_t count, void* sum,
                     int whole) {
  auto* other = static_cast<Other*>(state);
  other->begun.push_back([=] { return Sum(state, is_double, own, own_shards, count, sum, whole); });
  return nullptr;
}

const char* Wait(void* state) {
  const char* failure = nullptr;
  for (const auto& sum : std::exchange(static_cast<Other*>(state)->begun, {})) {
    if (const char* why = sum()) failure = why;
  }
  return failure;
}

Other other;
const Exchange exchange = {Exchange::kMagic, 1, 2, &other, Sum, Gather, BeginSum, Wait};

}  // namespace

TEST_CASE_TEMPLATE("sum_shards and gather_shards call the functions of a communicator", T, float, double) {
  const auto number = static_cast<double>(RegisterExchange(&exchange));
  Tensor<T> own({2, 3}), sum({3});
  for (size_t i = 0; i < 6; ++i) own[i] = static_cast<T>(i);
  Call<T>("sum_shards").With("own", own).With("sum", sum).With("whole", 1).With("communicator", number).Run();
  CHECK(sum[0] == 5);
  CHECK(sum[1] == 7);
  CHECK(sum[2] == 9);

  // Five rows in four shards of 1, 1, 1 and 2 rows: those of rank 0 are the first two.
  Tensor<T> rows({5, 2});
  rows = 1;
  Call<T>("gather_shards").With("rows", rows).With("shards", 4).With("communicator", number).Run();
  T sevens;
  std::memset(&sevens, 7, sizeof(T));
  for (size_t i = 0; i < 10; ++i) CHECK(rows[i] == (i < 4 ? sevens : T(1)));

  other.fails = true;
  CHECK_THROWS(
      Call<T>("sum_shards").With("own", own).With("sum", sum).With("whole", 1).With("communicator", number).Run());
  CHECK_THROWS(Call<T>("gather_shards").With("rows", rows).With("shards", 4).With("communicator", number).Run());
  other.fails = false;
  CHECK_THROWS(Call<T>("gather_shards").With("rows", rows).With("shards", 3).With("communicator", number).Run());
}

TEST_CASE_TEMPLATE("a rank computes its piece of a sum, and receives the other pieces", T, float, double) {
  const auto number = static_cast<double>(RegisterExchange(&exchange));
  constexpr size_t kCount = 100;
  const size_t begin = exchange.PieceBegin(1, kCount, sizeof(T));
  CHECK(begin == (sizeof(T) == 4 ? 64 : 56));
  CHECK(exchange.PieceBegin(0, kCount, sizeof(T)) == 0);
  CHECK(exchange.PieceBegin(2, kCount, sizeof(T)) == kCount);
  CHECK(exchange.PieceBegin(1, 3, sizeof(T)) == 3);
  Tensor<T> own({1, kCount}), sum({kCount});
  own = 2;
  sum = 9;
  for (const char* kernel : {"sum_shards", "begin_sum_shards"}) {
    Call<T>(kernel).With("own", own).With("sum", sum).With("whole", 0).With("communicator", number).Run();
    Call<T>("wait_sums").With("sum", sum).With("communicator", number).Run();
    for (size_t i = 0; i < kCount; ++i) CHECK(sum[i] == (i < begin ? 9 : 3));
  }
  Call<T>("gather_pieces").With("values", sum).With("communicator", number).Run();
  T sevens;
  std::memset(&sevens, 7, sizeof(T));
  for (size_t i = 0; i < kCount; ++i) CHECK(sum[i] == (i < begin ? sevens : T(3)));
  other.fails = true;
  CHECK_THROWS(Call<T>("gather_pieces").With("values", sum).With("communicator", number).Run());
  other.fails = false;
}

TEST_CASE_TEMPLATE("begin_sum_shards begins a sum that is there after wait_sums", T, float, double) {
  const auto number = static_cast<double>(RegisterExchange(&exchange));
  Tensor<T> own({1, 3}), sum({3}), last({1, 1}), first({1});
  for (size_t i = 0; i < 3; ++i) own[i] = static_cast<T>(i);
  last = 5;
  sum = -1;
  const auto begin = [&](Tensor<T>& from, Tensor<T>& to) {
    Call<T>("begin_sum_shards").With("own", from).With("sum", to).With("whole", 1).With("communicator", number).Run();
  };
  const auto wait = [&] { Call<T>("wait_sums").With("sum", sum).With("communicator", number).Run(); };
  begin(own, sum);
  begin(last, first);
  CHECK(sum[0] == -1);
  wait();
  CHECK(sum[0] == 1);
  CHECK(sum[2] == 3);
  CHECK(first[0] == 6);
  CHECK_THROWS(begin(own, first));
  begin(own, sum);
  other.fails = true;
  CHECK_THROWS(wait());
  other.fails = false;
  wait();  // what has failed is told once
}

TEST_CASE("a communicator that is unknown, or of another version, is refused") {
  CHECK_THROWS(ExchangeAt(-1));
  CHECK_THROWS(ExchangeAt(1e9));
  CHECK_THROWS(RegisterExchange(nullptr));
  Exchange changed = exchange;
  changed.magic += 1;
  CHECK_THROWS(RegisterExchange(&changed));
  changed = exchange;
  changed.rank = 2;
  CHECK_THROWS(RegisterExchange(&changed));
}

}  // namespace blasnet::testing
