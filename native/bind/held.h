#pragma once

#include <napi.h>

namespace blasnet {

// What a wrapped C++ object needs to stay alive is held by its JavaScript object, in a property that cannot be
// replaced: the collector then sees the whole graph. References from C++ would only be dropped by finalizers, which a
// loop that never returns to the event loop does not let run.
inline constexpr char kHeld[] = "held";

// The reference is a weak one, which keeps nothing alive, and finds the values sooner than the property's name would.
inline Napi::Reference<Napi::Array> Hold(const Napi::CallbackInfo& info, const Napi::Array& values) {
  info.This().As<Napi::Object>().DefineProperty(Napi::PropertyDescriptor::Value(kHeld, values, napi_default));
  return Napi::Weak(values);
}

}  // namespace blasnet
