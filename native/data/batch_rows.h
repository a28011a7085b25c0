#pragma once

// Which rows of a data set make a batch.

#include <cstddef>
#include <cstdint>

#include "core/check.h"
#include "core/span.h"

namespace blasnet {

// Index of a batch's first row, once its `rows` rows are known to lie within those that there are.
inline size_t FirstRow(double first_row, size_t rows, size_t available) {
  // Compared as it came: what no size_t can hold has no meaning once converted.
  const bool within = first_row >= 0 && first_row <= static_cast<double>(available);
  const size_t first = within ? static_cast<size_t>(first_row) : 0;
  Check(within && rows <= available - first, "Expected the batch to lie within the data set");
  return first;
}

// The rows order[first_row…] of a batch; without an order, the rows first_row… themselves. All are checked at once, so
// that tiles of a kernel, which must not throw, can take them as they are.
class BatchRows {
 public:
  BatchRows(Vector<const int32_t> order, double first_row, size_t rows, size_t available) {
    first_ = FirstRow(first_row, rows, order.size > 0 ? order.size : available);
    if (order.size == 0) return;
    order_ = order.data + first_;
    for (size_t i = 0; i < rows; ++i) {
      Check(static_cast<size_t>(order_[i]) < available, "Expected the order to name rows of the data set");
    }
  }

  size_t operator[](size_t i) const { return order_ ? static_cast<size_t>(order_[i]) : first_ + i; }

 private:
  const int32_t* order_ = nullptr;
  size_t first_;
};

}  // namespace blasnet
