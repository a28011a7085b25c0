// Products by register blocks, without a BLAS call's checks and dispatch, and without packing that tiles of one product
// would have to repeat.

#if defined(BLASNET_MATH_BLOCKED_PRODUCT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_MATH_BLOCKED_PRODUCT_INL_H_
#undef BLASNET_MATH_BLOCKED_PRODUCT_INL_H_
#else
#define BLASNET_MATH_BLOCKED_PRODUCT_INL_H_
#endif

#include "math/register_block-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// c[m×n, in rows of ldc] = first + alpha · a[m×k] · b[k×n]. blocks: A by blocks of rows, [blocks][k][kBlockRows], or
// null. A descent is for products of one panel's depth.
template <class T>
void BlockedProduct(size_t m, size_t n, size_t k, T alpha, Strided<T> a, const T* blocks, Strided<T> b, Start<T> first,
                    T* c, size_t ldc);

// A panel of columns over all m rows, up to two vectors wide.
template <class T>
void PanelProduct(size_t m, size_t k, T alpha, Strided<T> a, const T* b, size_t ldb, Start<T> start, T* c, size_t ldc,
                  size_t width);

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
