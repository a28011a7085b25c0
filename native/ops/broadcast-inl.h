// Element-wise loops over tensors that broadcast to one shape.

#if defined(BLASNET_OPS_BROADCAST_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_OPS_BROADCAST_INL_H_
#undef BLASNET_OPS_BROADCAST_INL_H_
#else
#define BLASNET_OPS_BROADCAST_INL_H_
#endif

#include <array>
#include <utility>

#include "math/simd-inl.h"
#include "ops/walk.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// A run of numbers: one behind the other, or the same one again and again.
template <class T>
struct Run {
  const T* data;
  bool repeats;

  template <class D>
  HWY_INLINE hn::Vec<D> Load(D d, size_t i) const {
    return repeats ? hn::Set(d, *data) : hn::LoadU(d, data + i);
  }
  template <class D>
  HWY_INLINE hn::Vec<D> LoadFirst(D d, size_t i, size_t n) const {
    return repeats ? hn::Set(d, *data) : HWY_NAMESPACE::LoadFirst(d, data + i, n);
  }
};

// out[i] = (out[i] +) f(d, in[i]…) for i in [0, n)
template <bool kAdds, class T, class F, class... In>
HWY_INLINE void MapRun(size_t n, T* out, const F& f, const In&... in) {
  const Tag<T> d;
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    auto v = f(d, in.Load(d, i)...);
    if constexpr (kAdds) v = hn::Add(hn::LoadU(d, out + i), v);
    hn::StoreU(v, d, out + i);
  }
  if (i == n) return;
  auto v = f(d, in.LoadFirst(d, i, n - i)...);
  if constexpr (kAdds) v = hn::Add(LoadFirst(d, static_cast<const T*>(out + i), n - i), v);
  StoreFirst(v, d, out + i, n - i);
}

// Calls run(first, end) for pieces of [0, count) that together walk over `size` numbers, on the pool's threads.
template <class F>
HWY_INLINE void ParallelPieces(Context& context, size_t count, size_t size, const F& run) {
  if (count == 0) return;
  const size_t each = size / count == 0 ? count : HWY_MAX(1, kMapTile / HWY_MAX(1, size / count));
  const size_t tiles = (count + each - 1) / each;
  context.pool.ParallelFor(tiles, [&](size_t tile) { run(tile * each, HWY_MIN(count, (tile + 1) * each)); });
}

template <bool kAdds, class T, class F, size_t... I, class... In>
HWY_INLINE void MapWalk(Context& context, const Walk<sizeof...(In)>& walk, T* out, const F& f,
                        std::index_sequence<I...>, const In*... in) {
  const size_t n = walk.inner(), last = walk.rank - 1;
  if (walk.rank == 1) {
    // One run: its pieces are tiles.
    return ParallelPieces(context, n, n, [&](size_t first, size_t end) {
      MapRun<kAdds>(end - first, out + first, f,
                    Run<T>{in + first * walk.stride[I][last], walk.stride[I][last] == 0}...);
    });
  }
  ParallelPieces(context, walk.outer(), walk.size, [&](size_t first, size_t end) {
    for (size_t i = first; i < end; ++i) {
      MapRun<kAdds>(n, out + i * n, f, Run<T>{in + walk.Offset(I, i), walk.stride[I][last] == 0}...);
    }
  });
}

// y = f(d, in…) with broadcasting, added to y where `accumulate` is not 0. All tensors have one rank.
template <class T, class F, class... In>
HWY_INLINE void BroadcastMap(Context& context, double accumulate, Array<T> y, const F& f, const Array<In>&... in) {
  const auto walk = BroadcastWalk(y, in...);
  constexpr auto indices = std::make_index_sequence<sizeof...(In)>();
  if (walk.size == 0) return;
  if (accumulate != 0) {
    MapWalk<true>(context, walk, y.data, f, indices, in.data...);
  } else {
    MapWalk<false>(context, walk, y.data, f, indices, in.data...);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
