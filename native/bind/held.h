#pragma once

#include <napi.h>

namespace blasnet {

// What a wrapped C++ object needs to stay alive is held by its JavaScript object, in a property that cannot be
// replaced: the collector then sees the whole graph. References from C++ would only be dropped by finalizers, which a
// loop that never returns to the event loop does not let run.
inline constexpr char kHeld[] = "held";

inline void Hold(const Napi::CallbackInfo& info, const Napi::Array& values) {
  info.This().As<Napi::Object>().DefineProperty(Napi::PropertyDescriptor::Value(kHeld, values, napi_default));
}

inline Napi::Array Held(const Napi::Object& object) { return object.Get(kHeld).As<Napi::Array>(); }

}  // namespace blasnet
