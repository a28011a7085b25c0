#include "test/testing.h"

namespace blasnet::testing {

TEST_CASE("order_by_length makes batches of like lengths of any order, and leaves a shorter last batch") {
  for (const size_t size : {size_t{1}, size_t{7}, size_t{64}, size_t{1000}}) {
    for (const size_t each : {size_t{1}, size_t{4}, size_t{10}}) {
      INFO("size, each = ", size, ", ", each);
      Tensor<int32_t> order({size}), lengths({size});
      Numbers numbers(size + each);
      for (size_t i = 0; i < size; ++i) order[i] = static_cast<int32_t>(i);
      for (size_t i = size; i-- > 1;) std::swap(order[i], order[numbers.Below(i + 1)]);
      for (size_t i = 0; i < size; ++i) lengths[i] = static_cast<int32_t>(1 + numbers.Below(50));
      const auto before = order.values();
      Call<float>("order_by_length")
          .With("lengths", lengths)
          .With("order", order)
          .With("batchRows", double(each))
          .Run();
      auto sorted = order.values();
      std::sort(sorted.begin(), sorted.end());
      for (size_t i = 0; i < size; ++i) CHECK(sorted[i] == static_cast<int32_t>(i));
      const size_t whole = size / each * each;
      for (size_t i = whole; i < size; ++i) CHECK(order[i] == before[i]);
      // In each window no batch has a row between the shortest and the longest one of another.
      const size_t window = 64 * each;
      size_t first_shorter = 0;
      for (size_t first = 0; first < whole; first += window) {
        const size_t end = std::min(whole, first + window);
        std::vector<std::pair<int32_t, int32_t>> ranges;
        for (size_t at = first; at < end; at += each) {
          int32_t least = lengths[order[at]], most = least;
          for (size_t i = at; i < at + each; ++i) {
            least = std::min(least, lengths[order[i]]);
            most = std::max(most, lengths[order[i]]);
          }
          ranges.emplace_back(least, most);
        }
        for (size_t i = 1; i < ranges.size(); ++i) first_shorter += ranges[i].first < ranges[i - 1].first;
        std::sort(ranges.begin(), ranges.end());
        for (size_t i = 1; i < ranges.size(); ++i) CHECK(ranges[i].first >= ranges[i - 1].second);
      }
      if (whole >= 40 * each && each > 1) CHECK(first_shorter > 2);  // the batches are not in order themselves
    }
  }
}

TEST_CASE("order_by_length refuses what is no order of the rows") {
  Tensor<int32_t> order({3}, {0, 1, 3}), lengths({3}, {1, 1, 1}), fewer({2}, {1, 1});
  const auto call = [&](Tensor<int32_t>& given) {
    Call<float>("order_by_length").With("lengths", given).With("order", order).With("batchRows", 2.0).Run();
  };
  CHECK_THROWS_AS(call(lengths), InvalidArgument);
  CHECK_THROWS_AS(call(fewer), InvalidArgument);
}

}  // namespace blasnet::testing
