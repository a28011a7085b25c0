#include "core/exchange.h"

#include <mutex>
#include <vector>

#include "core/check.h"

namespace blasnet {

namespace {

struct Table {
  std::mutex mutex;
  std::vector<const Exchange*> exchanges;
};

// Never destroyed: a thread may still run a kernel while the process exits.
Table& Exchanges() {
  static Table& table = *new Table();
  return table;
}

}  // namespace

size_t RegisterExchange(const Exchange* exchange) {
  Check(exchange != nullptr && exchange->magic == Exchange::kMagic,
        "Expected functions of this version's addon for MPI");
  Check(exchange->size >= 1 && exchange->size <= Exchange::kMostRanks && exchange->rank < exchange->size,
        "Expected a rank below the number of ranks, and at most 4096 of them");
  auto& [mutex, exchanges] = Exchanges();
  const std::lock_guard<std::mutex> lock(mutex);
  exchanges.push_back(exchange);
  return exchanges.size() - 1;
}

const Exchange& ExchangeAt(double number) {
  auto& [mutex, exchanges] = Exchanges();
  const std::lock_guard<std::mutex> lock(mutex);
  Check(number >= 0 && number < static_cast<double>(exchanges.size()), "Expected the number of a communicator");
  return *exchanges[static_cast<size_t>(number)];
}

}  // namespace blasnet
