// Kernels that meet the other processes of a run: each waits until all ranks have called it.

#include "core/exchange.h"

#include <stdexcept>

#include "core/registry.h"

namespace blasnet {

namespace {

void Require(const char* failure) {
  if (failure != nullptr) throw std::runtime_error(failure);
}

// The functions of a communicator that is to sum own[k×n] into sum[n].
template <class T>
const Exchange& ExchangeOfSum(Matrix<const T> own, Vector<T> sum, double communicator) {
  CheckEqual("sum's size", own.cols, sum.size);
  Check(own.rows > 0, "Expected at least one shard");
  return ExchangeAt(communicator);
}

// sum[n] = Σ over the shards of all ranks, in their order, of own[k×n], the k shards of this rank. Where whole is 0,
// only this rank's piece of it, by Exchange::PieceBegin.
template <class T>
void SumShards(Context&, Matrix<const T> own, Vector<T> sum, double whole, double communicator) {
  const Exchange& exchange = ExchangeOfSum(own, sum, communicator);
  Require(exchange.sum(exchange.state, sizeof(T) == sizeof(double), own.data, own.rows, own.cols, sum.data,
                       whole != 0 ? 1 : 0));
}

// Begins sum_shards, and leaves it to another thread. All ranks must begin the same sums in the same order. Until
// wait_sums has been called for them, no kernel may use own or sum.
template <class T>
void BeginSumShards(Context&, Matrix<const T> own, Vector<T> sum, double whole, double communicator) {
  const Exchange& exchange = ExchangeOfSum(own, sum, communicator);
  Require(exchange.begin_sum(exchange.state, sizeof(T) == sizeof(double), own.data, own.rows, own.cols, sum.data,
                             whole != 0 ? 1 : 0));
}

// Waits for the sums that were begun, of which sum[n] has the results.
template <class T>
void WaitSums(Context&, Vector<T>, double communicator) {
  const Exchange& exchange = ExchangeAt(communicator);
  Require(exchange.wait(exchange.state));
}

// Of rows[m×n], cut into `shards` pieces of nearly the same length, each rank has written those of its own shards: all
// get the rows of all.
template <class T>
void GatherShards(Context&, Matrix<T> rows, double shards, double communicator) {
  const Exchange& exchange = ExchangeAt(communicator);
  const auto pieces = static_cast<size_t>(shards);
  Check(pieces > 0 && pieces % exchange.size == 0, "Expected as many shards for each rank");
  size_t bytes[Exchange::kMostRanks];
  const auto begin = [&](size_t rank) { return rank * (pieces / exchange.size) * rows.rows / pieces; };
  for (size_t rank = 0; rank < exchange.size; ++rank) {
    bytes[rank] = (begin(rank + 1) - begin(rank)) * rows.cols * sizeof(T);
  }
  Require(exchange.gather(exchange.state, rows.data, bytes));
}

// Of values[n], each rank has computed its piece, by Exchange::PieceBegin: all get the pieces of all.
template <class T>
void GatherPieces(Context&, Vector<T> values, double communicator) {
  const Exchange& exchange = ExchangeAt(communicator);
  size_t bytes[Exchange::kMostRanks];
  const auto begin = [&](size_t rank) { return exchange.PieceBegin(rank, values.size, sizeof(T)); };
  for (size_t rank = 0; rank < exchange.size; ++rank) bytes[rank] = (begin(rank + 1) - begin(rank)) * sizeof(T);
  Require(exchange.gather(exchange.state, values.data, bytes));
}

const KernelModule module([](Registry& registry) {
  registry.Add<&SumShards<float>, &SumShards<double>>("sum_shards", {"own", "sum", "whole", "communicator"});
  registry.Add<&BeginSumShards<float>, &BeginSumShards<double>>("begin_sum_shards",
                                                                {"own", "sum", "whole", "communicator"});
  registry.Add<&WaitSums<float>, &WaitSums<double>>("wait_sums", {"sum", "communicator"});
  registry.Add<&GatherPieces<float>, &GatherPieces<double>>("gather_pieces", {"values", "communicator"});
  registry.Add<&GatherShards<float>, &GatherShards<double>>("gather_shards", {"rows", "shards", "communicator"});
});

}  // namespace

}  // namespace blasnet
