// Images of another size, plane by plane. Nearest: y[o] = x[⌊o · input / output⌋] along each axis. Bilinear: numbers
// lie in the middles of pixels, y[o] is interpolated at (o + ½) · input / output − ½, and edges are continued
// (PyTorch's align_corners=False, ONNX's half_pixel).

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "layers/upsample.cc"
#include "math/foreach_target.h"
//
#include "math/pooling-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// Lengths of an image's axes before and after.
struct Resizing {
  size_t rows, columns, rows_after, columns_after;

  explicit Resizing(Vector<const int32_t> geometry) {
    CheckEqual("geometry's length", size_t{4}, geometry.size);
    for (size_t i = 0; i < 4; ++i) Check(geometry[i] > 0, "Expected numbers above 0 for geometry");
    const auto at = [geometry](size_t i) { return static_cast<size_t>(geometry[i]); };
    rows = at(0), columns = at(1), rows_after = at(2), columns_after = at(3);
  }
  size_t plane() const { return rows * columns; }
  size_t plane_after() const { return rows_after * columns_after; }

  // Checks tensors of m rows of c planes each and returns m · c.
  template <class X, class Y>
  size_t CheckPlanes(const Matrix<X>& x, const Matrix<Y>& y) const {
    CheckEqual("y's rows", x.rows, y.rows);
    const size_t planes = x.cols / plane();
    CheckEqual("x's row size", planes * plane(), x.cols);
    CheckEqual("y's row size", planes * plane_after(), y.cols);
    return x.rows * planes;
  }
};

// Which input each output of an axis takes.
inline std::vector<size_t> NearestOf(size_t input, size_t output) {
  std::vector<size_t> from(output);
  for (size_t o = 0; o < output; ++o) from[o] = o * input / output;
  return from;
}

// Each output of an axis as (1 − share) · x[first] + share · x[next].
template <class T>
struct Interpolation {
  std::vector<size_t> first, next;
  std::vector<T> share, rest;
  // Input i takes part in the outputs [begin[i], end[i]), by the factors from factors[at[i]] on.
  std::vector<size_t> begin, end, at;
  std::vector<T> factors;

  Interpolation(size_t input, size_t output)
      : first(output), next(output), share(output), rest(output), begin(input, output), end(input, 0), at(input) {
    for (size_t o = 0; o < output; ++o) {
      const double scale = static_cast<double>(input) / static_cast<double>(output);
      const double place = HWY_MAX(0.0, (static_cast<double>(o) + 0.5) * scale - 0.5);
      first[o] = HWY_MIN(input - 1, static_cast<size_t>(place));
      next[o] = HWY_MIN(input - 1, first[o] + 1);
      share[o] = static_cast<T>(HWY_MIN(1.0, place - static_cast<double>(first[o])));
      rest[o] = T(1) - share[o];
      for (const size_t i : {first[o], next[o]}) {
        begin[i] = HWY_MIN(begin[i], o);
        end[i] = HWY_MAX(end[i], o + 1);
      }
    }
    for (size_t i = 0; i < input; ++i) {
      at[i] = factors.size();
      for (size_t o = begin[i]; o < end[i]; ++o) {
        factors.push_back((first[o] == i ? rest[o] : T(0)) + (next[o] == i ? share[o] : T(0)));
      }
    }
  }
};

// Calls f(plane, memory for so many numbers) for every plane, in tiles of so many that another core pays.
template <class T, class F>
HWY_INLINE void ForPlanesWith(Context& context, size_t planes, size_t plane_size, size_t numbers, const F& f) {
  const size_t each = HWY_MAX(size_t{1}, kMapTile / plane_size);
  const size_t tiles = (planes + each - 1) / each;
  ScratchPieces pieces(context.pool.scratch(), HWY_MIN(tiles, context.pool.threads()), numbers * sizeof(T));
  context.pool.ParallelFor(tiles, [&](size_t tile) {
    const ScratchPieces::Piece piece(pieces);
    for (size_t plane = tile * each; plane < HWY_MIN(planes, (tile + 1) * each); ++plane) {
      f(plane, reinterpret_cast<T*>(piece.data()));
    }
  });
}

// Whether every second number is a repeat: pairs can be stored and loaded together.
inline bool IsDoubled(size_t input, size_t output) { return output == 2 * input; }

// y[m × c × rows_after × columns_after] from x[m × c × rows × columns]
template <class T>
void UpsampleNearestForward(Context& context, Matrix<const T> x, Matrix<T> y, Vector<const int32_t> geometry) {
  const Resizing size(geometry);
  const size_t planes = size.CheckPlanes(x, y), width = size.columns_after;
  const std::vector<size_t> down = NearestOf(size.rows, size.rows_after), across = NearestOf(size.columns, width);
  ForPlanes(context, planes, size.plane_after(), [&](size_t plane) {
    const T* from = x.data + plane * size.plane();
    T* to = y.data + plane * size.plane_after();
    for (size_t o = 0; o < size.rows_after; ++o, to += width) {
      if (o > 0 && down[o] == down[o - 1]) {
        CopyRun(to - width, width, to);
        continue;
      }
      const T* row = from + down[o] * size.columns;
      if (IsDoubled(size.columns, width)) {
        Cover<T>(size.columns, [&](auto d, size_t i) {
          const auto v = hn::LoadU(d, row + i);
          StorePairs(v, v, d, to + 2 * i);
        });
      } else {
        for (size_t i = 0; i < width; ++i) to[i] = row[across[i]];
      }
    }
  });
}

// dx[m × c × rows × columns] from dy[m × c × rows_after × columns_after]: sums over the repeats
template <class T>
void UpsampleNearestBackward(Context& context, Matrix<const T> dy, Matrix<T> dx, Vector<const int32_t> geometry) {
  const Resizing size(geometry);
  const size_t planes = size.CheckPlanes(dx, dy), width = size.columns_after;
  const std::vector<size_t> down = NearestOf(size.rows, size.rows_after), across = NearestOf(size.columns, width);
  ForPlanes(context, planes, size.plane_after(), [&](size_t plane) {
    const T* from = dy.data + plane * size.plane_after();
    T* to = dx.data + plane * size.plane();
    std::fill_n(to, size.plane(), T(0));
    for (size_t o = 0; o < size.rows_after; ++o, from += width) {
      T* row = to + down[o] * size.columns;
      if (IsDoubled(size.columns, width)) {
        const hn::CappedTag<T, hn::MaxLanes(Tag<T>())> d;
        const size_t lanes = hn::Lanes(d);
        size_t i = 0;
        for (; i + lanes <= size.columns; i += lanes) {
          hn::Vec<decltype(d)> even, odd;
          LoadPairs(d, from + 2 * i, even, odd);
          hn::StoreU(hn::Add(hn::LoadU(d, row + i), hn::Add(even, odd)), d, row + i);
        }
        for (; i < size.columns; ++i) row[i] += from[2 * i] + from[2 * i + 1];
      } else {
        for (size_t i = 0; i < width; ++i) row[across[i]] += from[i];
      }
    }
  });
}

// The rows first become wider, then their blends follow: so the part that gathers is done once for each input row.
template <class T>
void UpsampleBilinearForward(Context& context, Matrix<const T> x, Matrix<T> y, Vector<const int32_t> geometry) {
  const Resizing size(geometry);
  const size_t planes = size.CheckPlanes(x, y), width = size.columns_after;
  const Interpolation<T> down(size.rows, size.rows_after), across(size.columns, width);
  ForPlanesWith<T>(context, planes, size.plane_after(), size.rows * width, [&](size_t plane, T* wide) {
    const T* from = x.data + plane * size.plane();
    for (size_t r = 0; r < size.rows; ++r, from += size.columns) {
      T* row = wide + r * width;
      for (size_t i = 0; i < width; ++i) {
        row[i] = across.rest[i] * from[across.first[i]] + across.share[i] * from[across.next[i]];
      }
    }
    T* to = y.data + plane * size.plane_after();
    for (size_t o = 0; o < size.rows_after; ++o, to += width) {
      const auto rest = hn::Set(Tag<T>(), down.rest[o]), share = hn::Set(Tag<T>(), down.share[o]);
      const T *above = wide + down.first[o] * width, *below = wide + down.next[o] * width;
      Map(
          width, to, [&](auto, auto a, auto b) { return hn::MulAdd(rest, a, hn::Mul(share, b)); }, above, below);
    }
  });
}

// The same from the end: rows of deltas are summed up to as many as x has, then these become shorter.
template <class T>
void UpsampleBilinearBackward(Context& context, Matrix<const T> dy, Matrix<T> dx, Vector<const int32_t> geometry) {
  const Resizing size(geometry);
  const size_t planes = size.CheckPlanes(dx, dy), width = size.columns_after;
  const Interpolation<T> down(size.rows, size.rows_after), across(size.columns, width);
  ForPlanesWith<T>(context, planes, size.plane_after(), width, [&](size_t plane, T* wide) {
    const T* from = dy.data + plane * size.plane_after();
    T* to = dx.data + plane * size.plane();
    for (size_t r = 0; r < size.rows; ++r, to += size.columns) {
      std::fill_n(wide, width, T(0));
      for (size_t o = down.begin[r]; o < down.end[r]; ++o) {
        const auto factor = hn::Set(Tag<T>(), down.factors[down.at[r] + o - down.begin[r]]);
        Map(
            width, wide, [&](auto, auto sum, auto delta) { return hn::MulAdd(factor, delta, sum); },
            static_cast<const T*>(wide), from + o * width);
      }
      const T* factor = across.factors.data();
      for (size_t i = 0; i < size.columns; ++i) {
        T sum = 0;
        for (size_t o = across.begin[i]; o < across.end[i]; ++o) sum += *factor++ * wide[o];
        to[i] = sum;
      }
    }
  });
}

BLASNET_KERNELS(Upsample) {
  registry
      .Add<&UpsampleNearestForward<float>, &UpsampleNearestForward<double>>("upsample_nearest_forward",
                                                                            {"x", "y", "geometry"})
      .ByRows({"x", "y"});
  registry
      .Add<&UpsampleNearestBackward<float>, &UpsampleNearestBackward<double>>("upsample_nearest_backward",
                                                                              {"dy", "dx", "geometry"})
      .ByRows({"dy", "dx"});
  registry
      .Add<&UpsampleBilinearForward<float>, &UpsampleBilinearForward<double>>("upsample_bilinear_forward",
                                                                              {"x", "y", "geometry"})
      .ByRows({"x", "y"});
  registry
      .Add<&UpsampleBilinearBackward<float>, &UpsampleBilinearBackward<double>>("upsample_bilinear_backward",
                                                                                {"dy", "dx", "geometry"})
      .ByRows({"dy", "dx"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(Upsample)
#endif
