#pragma once

#include <napi.h>

#include <string>
#include <vector>

#include "core/plan.h"
#include "core/span.h"

namespace blasnet {

// From JavaScript values to spans. All throw Napi::Error or InvalidArgument for what does not fit.

// 'float32' → 0, 'float64' → 1: the variant of a kernel
int VariantOf(const Napi::Value& dtype);

// A whole number ≥ 0.
size_t IndexOf(const Napi::Value& value, const char* name);

// Memory of a typed array or an ArrayBuffer; a detached one is refused.
Buffer MemoryOf(const Napi::Value& value, const char* name);

// An operand as the plan recorder describes it: a number, or { buffer, offset, type, shape }, where an empty shape
// means a scalar scalar.
Operand OperandOf(const Napi::Value& value);

// The arguments of a call that is executed at once: numbers, or { data, shape }.
std::vector<Operand> EagerOperands(const Napi::Array& values, std::vector<Buffer>* memory);

}  // namespace blasnet
