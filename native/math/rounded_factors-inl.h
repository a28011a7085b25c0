// Kernels of products in bfloat16, by kernels in float32 that are given rounded factors: the product of two such
// numbers is exact in float32.

#if defined(BLASNET_MATH_ROUNDED_FACTORS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_MATH_ROUNDED_FACTORS_INL_H_
#undef BLASNET_MATH_ROUNDED_FACTORS_INL_H_
#else
#define BLASNET_MATH_ROUNDED_FACTORS_INL_H_
#endif

#include <algorithm>
#include <string>

#include "math/bfloat16-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

template <class T>
Argument ArgumentOf(const T* data, std::initializer_list<size_t> shape) {
  Argument argument;
  argument.data = const_cast<T*>(data);
  argument.type = detail::DataTypeOf<T>();
  argument.rank = static_cast<uint8_t>(shape.size());
  std::copy(shape.begin(), shape.end(), argument.shape);
  return argument;
}
template <class T>
Argument ArgumentOf(const Vector<T>& x) {
  return ArgumentOf(x.data, {x.size});
}
template <class T>
Argument ArgumentOf(const Matrix<T>& x) {
  return ArgumentOf(x.data, {x.rows, x.cols});
}
template <class T>
Argument ArgumentOf(const Array<T>& x) {
  Argument argument = ArgumentOf(x.data, {});
  argument.rank = static_cast<uint8_t>(x.rank);
  std::copy_n(x.shape, x.rank, argument.shape);
  return argument;
}
inline Argument ArgumentOf(const double& number) { return ArgumentOf(&number, {}); }

// Gives a factor of a product rounded numbers in memory of their own.
class RoundedFactor {
 public:
  RoundedFactor(Context& context, Argument& factor) : block_(context.pool.scratch(), factor.size() * sizeof(float)) {
    float* rounded = reinterpret_cast<float*>(block_.data());
    ParallelMap(
        context, factor.size(), rounded, [](auto d, auto v) { return RoundedToBfloat16(d, v); },
        static_cast<const float*>(factor.data));
    factor.data = rounded;
  }

 private:
  const Scratch::Block block_;
};

// The name of a kernel of products whose first two arguments are the factors.
template <size_t kSize>
struct KernelName {
  char text[kSize];
  // Not explicit, so that a literal can be a template's argument.
  constexpr KernelName(const char (&from)[kSize]) { std::copy_n(from, kSize, text); }
};

template <class T>
void RequireFloat32Products() {
  Check(sizeof(T) == sizeof(float), "Expected float32 for products in bfloat16 but received float64");
}

template <KernelName kName, class T, class... Parameters>
void WithRoundedFactors(Context& context, Parameters... parameters) {
  RequireFloat32Products<T>();
  static const Kernel& kernel = Kernels().Find(kName.text);
  Argument arguments[] = {ArgumentOf(parameters)...};
  const RoundedFactor left(context, arguments[0]), right(context, arguments[1]);
  kernel.invoke[0](context, arguments);
}

// Types of parameters, by the type of the numbers.
template <class T>
using InVector = Vector<const T>;
template <class T>
using InMatrix = Matrix<const T>;
template <class T>
using InArray = Array<const T>;
template <class>
using Number = double;
template <class>
using Geometry = Vector<const int32_t>;

template <KernelName kName, template <class> class... Parameters>
void AddRoundedTwin(Registry& registry, std::initializer_list<const char*> names) {
  const std::string name = std::string(kName.text) + "_bfloat16";
  registry.Add<&WithRoundedFactors<kName, float, Parameters<float>...>,
               &WithRoundedFactors<kName, double, Parameters<double>...>>(name.c_str(), names);
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
