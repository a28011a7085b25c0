// From a data set of indices (int32) to a batch: rows in the epoch's order, or in their own. Indices are the same for
// nets of float and of double.

#include <cstring>

#include "core/check.h"
#include "core/context.h"
#include "core/registry.h"
#include "data/batch_rows.h"

namespace blasnet {

namespace {

// x[m×n] = the source rows order[first_row…]
void GatherIndexRows(Context&, Matrix<const int32_t> source, Vector<const int32_t> order, double first_row,
                     Matrix<int32_t> x) {
  CheckEqual("x's width", source.cols, x.cols);
  Check(order.size > 0, "Expected an order of rows");
  const BatchRows rows(order, first_row, x.rows, source.rows);
  if (x.size() == 0) return;
  if (x.cols == 1) {
    for (size_t i = 0; i < x.rows; ++i) x.data[i] = source.data[rows[i]];
    return;
  }
  for (size_t i = 0; i < x.rows; ++i) std::memcpy(x.row(i), source.row(rows[i]), x.cols * sizeof(int32_t));
}

// x[m×n] = m source rows from first_row on
void CopyIndexRows(Context&, Matrix<const int32_t> source, double first_row, Matrix<int32_t> x) {
  CheckEqual("x's width", source.cols, x.cols);
  const size_t first = FirstRow(first_row, x.rows, source.rows);
  if (x.size() == 0) return;
  std::memcpy(x.data, source.row(first), x.size() * sizeof(int32_t));
}

const KernelModule module([](Registry& registry) {
  registry.Add<&GatherIndexRows, &GatherIndexRows>("gather_index_rows", {"source", "order", "firstRow", "x"})
      .ReadsSomeRows({"source", "order"});
  registry.Add<&CopyIndexRows, &CopyIndexRows>("copy_index_rows", {"source", "firstRow", "x"})
      .ReadsSomeRows({"source"});
});

}  // namespace

}  // namespace blasnet
