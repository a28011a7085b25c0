// Numbers moved from place to place: transposed, sliced, put side by side, gathered by index.

#include <cstring>

#include "ops/walk.h"
#include "core/registry.h"

namespace blasnet {

namespace {

// Numbers in a tile: enough work to be worth another core.
constexpr size_t kTile = 16384;

// A view of a tensor: where it begins, and a stride for each dimension of the other tensor. `geometry` holds
// [offset, stride…] in numbers; strides may be negative or 0.
struct View {
  size_t rank;
  const size_t* shape;
  const int32_t* geometry;

  View(const size_t* shape, size_t rank, Vector<const int32_t> geometry, size_t size)
      : rank(rank), shape(shape), geometry(geometry.data) {
    CheckEqual("geometry's length", rank + 1, geometry.size);
    int64_t first = geometry[0], last = geometry[0];
    for (size_t d = 0; d < rank; ++d) {
      if (shape[d] == 0) return;
      const int64_t reach = static_cast<int64_t>(shape[d] - 1) * geometry[d + 1];
      (reach < 0 ? first : last) += reach;
    }
    Check(first >= 0 && last < static_cast<int64_t>(size), "Expected a view within its tensor");
  }
  size_t inner() const { return shape[rank - 1]; }
  int64_t step() const { return geometry[rank]; }
  // Where run i of the last dimension begins.
  int64_t Offset(size_t i) const {
    int64_t offset = geometry[0];
    for (size_t d = rank - 1; d-- > 0;) {
      offset += static_cast<int64_t>(i % shape[d]) * geometry[d + 1];
      i /= shape[d];
    }
    return offset;
  }
};

// Calls run(i) for each run of the last dimension.
template <class F>
void ForEachRun(Context& context, const View& view, size_t size, const F& run) {
  if (size == 0) return;
  const size_t runs = size / view.inner();
  const size_t each = view.inner() >= kTile ? 1 : kTile / view.inner();
  context.pool.ParallelFor((runs + each - 1) / each, [&](size_t tile) {
    const size_t end = (tile + 1) * each < runs ? (tile + 1) * each : runs;
    for (size_t i = tile * each; i < end; ++i) run(i);
  });
}

// y[i…] = (y +) x[view(i…)]
template <class T>
void ReadView(Context& context, Vector<const T> x, Array<T> y, Vector<const int32_t> geometry, double accumulate) {
  const View view(y.shape, y.rank, geometry, x.size);
  const size_t n = view.inner();
  ForEachRun(context, view, y.size(), [&](size_t i) {
    const T* from = x.data + view.Offset(i);
    T* to = y.data + i * n;
    const int64_t step = view.step();
    if (accumulate != 0) {
      for (size_t j = 0; j < n; ++j) to[j] += from[static_cast<int64_t>(j) * step];
    } else if (step == 1) {
      std::memcpy(to, from, n * sizeof(T));
    } else {
      for (size_t j = 0; j < n; ++j) to[j] = from[static_cast<int64_t>(j) * step];
    }
  });
}

// y[view(i…)] = (y +) x[i…]; the view has each number once.
template <class T>
void WriteView(Context& context, Array<const T> x, Vector<T> y, Vector<const int32_t> geometry, double accumulate) {
  const View view(x.shape, x.rank, geometry, y.size);
  const size_t n = view.inner();
  ForEachRun(context, view, x.size(), [&](size_t i) {
    const T* from = x.data + i * n;
    T* to = y.data + view.Offset(i);
    const int64_t step = view.step();
    if (accumulate != 0) {
      for (size_t j = 0; j < n; ++j) to[static_cast<int64_t>(j) * step] += from[j];
    } else if (step == 1) {
      std::memcpy(to, from, n * sizeof(T));
    } else {
      for (size_t j = 0; j < n; ++j) to[static_cast<int64_t>(j) * step] = from[j];
    }
  });
}

template <class T>
void Fill(Context&, Vector<T> y, double value) {
  for (size_t i = 0; i < y.size; ++i) y[i] = static_cast<T>(value);
}

size_t IndexWithin(int32_t index, size_t count) {
  const int64_t place = index < 0 ? index + static_cast<int64_t>(count) : index;
  if (place < 0 || place >= static_cast<int64_t>(count)) {
    throw InvalidArgument("Expected an index below " + std::to_string(count) + " but received " +
                          std::to_string(index));
  }
  return static_cast<size_t>(place);
}

// x is outer × count × inner, y outer × indices × inner; negative indices count from the end.
template <class X, class Y>
void CheckGather(const Array<X>& x, size_t indices, const Array<Y>& y) {
  CheckEqual("x's rank", size_t{3}, x.rank);
  CheckEqual("y's rank", size_t{3}, y.rank);
  CheckEqual("y's first dimension", x.shape[0], y.shape[0]);
  CheckEqual("y's second dimension", indices, y.shape[1]);
  CheckEqual("y's last dimension", x.shape[2], y.shape[2]);
}

// y[o, i, :] = x[o, indices[i], :]
template <class T>
void Gather(Context&, Array<const T> x, Vector<const int32_t> indices, Array<T> y) {
  CheckGather(x, indices.size, y);
  const size_t outer = x.shape[0], count = x.shape[1], inner = x.shape[2];
  for (size_t i = 0; i < indices.size; ++i) {
    const size_t place = IndexWithin(indices[i], count);
    for (size_t o = 0; o < outer; ++o) {
      std::memcpy(y.data + (o * indices.size + i) * inner, x.data + (o * count + place) * inner, inner * sizeof(T));
    }
  }
}

// dx[o, indices[i], :] += dy[o, i, :], in the order of the indices; dx is cleared first unless `accumulate`.
template <class T>
void GatherBackward(Context& context, Vector<const int32_t> indices, Array<const T> dy, Array<T> dx,
                    double accumulate) {
  CheckGather(dx, indices.size, dy);
  const size_t outer = dx.shape[0], count = dx.shape[1], inner = dx.shape[2];
  if (accumulate == 0) Fill(context, Vector<T>{dx.data, dx.size()}, 0);
  for (size_t i = 0; i < indices.size; ++i) {
    const size_t place = IndexWithin(indices[i], count);
    for (size_t o = 0; o < outer; ++o) {
      const T* from = dy.data + (o * indices.size + i) * inner;
      T* to = dx.data + (o * count + place) * inner;
      for (size_t j = 0; j < inner; ++j) to[j] += from[j];
    }
  }
}

const KernelModule module([](Registry& registry) {
  registry.Add<&ReadView<float>, &ReadView<double>>("read_view", {"x", "y", "geometry", "accumulate"});
  registry.Add<&WriteView<float>, &WriteView<double>>("write_view", {"x", "y", "geometry", "accumulate"});
  registry.Add<&Fill<float>, &Fill<double>>("fill", {"y", "value"}).ByRows({"y"});
  registry.Add<&Gather<float>, &Gather<double>>("gather", {"x", "indices", "y"});
  registry.Add<&GatherBackward<float>, &GatherBackward<double>>("gather_backward",
                                                                {"indices", "dy", "dx", "accumulate"});
});

}  // namespace

}  // namespace blasnet
