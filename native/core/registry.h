#pragma once

// Kernels by name. A kernel is a function `void F(Context&, spans and doubles…)`, a template over float and double,
// registered at the foot of the file that defines it (see BLASNET_KERNELS in math/simd-inl.h).

#include <initializer_list>
#include <map>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/check.h"
#include "core/context.h"
#include "core/span.h"

namespace blasnet {

using Invoker = void (*)(Context&, const Argument*);

struct Parameter {
  std::string name;
  bool is_scalar;
  bool is_output;
  DataType type[2];              // for the float and for the double variant
  bool by_rows = false;          // see Kernel::ByRows
  bool reads_some_rows = false;  // see Kernel::ReadsSomeRows
};

struct Kernel {
  std::string name;
  std::vector<Parameter> parameters;
  Invoker invoke[2];  // float32, float64

  // Declares that row i of these tensors depends only on row i of the others in the list, and that all other tensors
  // are only read. A call for some rows then gives the same bits as a call for all rows, and threads may divide the
  // rows.
  Kernel& ByRows(std::initializer_list<const char*> names);
  // Declares that a call reads only some rows of these tensors, about as many numbers as it writes. Their size does not
  // count when the work of the call is estimated.
  Kernel& ReadsSomeRows(std::initializer_list<const char*> names);
  bool by_rows() const;

 private:
  void Mark(std::initializer_list<const char*> names, bool Parameter::*mark);
};

namespace detail {

template <class T>
constexpr DataType DataTypeOf() {
  using U = std::remove_const_t<T>;
  if constexpr (std::is_same_v<U, float>) return DataType::kFloat32;
  if constexpr (std::is_same_v<U, double>) return DataType::kFloat64;
  if constexpr (std::is_same_v<U, uint8_t>) return DataType::kUint8;
  if constexpr (std::is_same_v<U, int32_t>) return DataType::kInt32;
}

template <class P>
struct Unpack;

template <>
struct Unpack<double> {
  static constexpr bool kScalar = true, kOutput = false;
  static constexpr DataType kType = DataType::kFloat64;
  static double From(const Argument& a) { return *static_cast<const double*>(a.data); }
};

template <class T>
struct Unpack<Vector<T>> {
  static constexpr bool kScalar = false, kOutput = !std::is_const_v<T>;
  static constexpr DataType kType = DataTypeOf<T>();
  static Vector<T> From(const Argument& a) { return {static_cast<T*>(a.data), a.size()}; }
};

template <class T>
struct Unpack<Matrix<T>> {
  static constexpr bool kScalar = false, kOutput = !std::is_const_v<T>;
  static constexpr DataType kType = DataTypeOf<T>();
  static Matrix<T> From(const Argument& a) { return {static_cast<T*>(a.data), a.rows(), a.row_size()}; }
};

template <class T>
struct Unpack<Array<T>> {
  static constexpr bool kScalar = false, kOutput = !std::is_const_v<T>;
  static constexpr DataType kType = DataTypeOf<T>();
  static Array<T> From(const Argument& a) { return {static_cast<T*>(a.data), a.shape, a.rank}; }
};

template <auto F>
struct Adapter;

template <class... P, void (*F)(Context&, P...)>
struct Adapter<F> {
  static constexpr size_t kCount = sizeof...(P);
  static void Invoke(Context& context, const Argument* arguments) {
    [&]<size_t... I>(std::index_sequence<I...>) { F(context, Unpack<P>::From(arguments[I])...); }
    (std::index_sequence_for<P...>());
  }
  static std::vector<Parameter> Parameters() {
    return {Parameter{{}, Unpack<P>::kScalar, Unpack<P>::kOutput, {Unpack<P>::kType, Unpack<P>::kType}}...};
  }
};

}  // namespace detail

class Registry {
 public:
  // F32 and F64 are the two instances of one kernel; names are those of its parameters after the context.
  template <auto F32, auto F64>
  Kernel& Add(const char* name, std::initializer_list<const char*> names) {
    using A32 = detail::Adapter<F32>;
    using A64 = detail::Adapter<F64>;
    static_assert(A32::kCount == A64::kCount);
    return Add(name, names, A32::Parameters(), A64::Parameters(), &A32::Invoke, &A64::Invoke);
  }

  // Throws InvalidArgument for an unknown name.
  const Kernel& Find(const std::string& name) const;
  const std::map<std::string, Kernel>& kernels() const { return kernels_; }

 private:
  Kernel& Add(const char* name, std::initializer_list<const char*> names, std::vector<Parameter> f32,
              const std::vector<Parameter>& f64, Invoker invoke32, Invoker invoke64);

  std::map<std::string, Kernel> kernels_;
};

// The kernels of this process, compiled for the best instruction set that the CPU has. Built on first use, never
// destroyed (a thread may still run a kernel while the process exits).
const Registry& Kernels();

// Registers one file's kernels: constructed as a static object by BLASNET_KERNELS.
class KernelModule {
 public:
  using Register = void (*)(Registry&);
  explicit KernelModule(Register add) : add_(add), next_(head_) { head_ = this; }

 private:
  friend const Registry& Kernels();
  static constinit KernelModule* head_;
  Register add_;
  KernelModule* next_;
};

}  // namespace blasnet
