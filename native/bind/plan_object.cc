#include "bind/plan_object.h"

#include "bind/operands.h"

namespace blasnet {

Napi::Function PlanObject::Define(Napi::Env env) {
  return DefineClass(env, "Plan", {InstanceMethod<&PlanObject::Bind>("bind")});
}

PlanObject::PlanObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<PlanObject>(info), plan_(0) {
  if (!info[1].IsArray() || !info[2].IsArray()) throw InvalidArgument("Expected arrays for buffers and calls");
  const int variant = VariantOf(info[0]);
  const auto buffers = info[1].As<Napi::Array>();
  const auto calls = info[2].As<Napi::Array>();
  plan_ = Plan(buffers.Length());
  for (uint32_t i = 0; i < calls.Length(); ++i) {
    const Napi::HandleScope scope(info.Env());
    const auto call = calls.Get(i).As<Napi::Object>();
    const Kernel& kernel = Kernels().Find(call.Get("kernel").ToString());
    const auto values = call.Get("operands").As<Napi::Array>();
    std::vector<Operand> operands;
    for (uint32_t j = 0; j < values.Length(); ++j) operands.push_back(OperandOf(values.Get(j)));
    plan_.Add(kernel, variant, std::move(operands));
  }
  plan_.FindRowGroups();
  Napi::Array memory = Napi::Array::New(info.Env(), plan_.buffer_count());
  for (uint32_t i = 0; i < plan_.buffer_count(); ++i) {
    const Napi::Value buffer = buffers.Get(i);
    if (!buffer.IsNull()) plan_.Bind(i, MemoryOf(buffer, "a buffer"));
    memory.Set(i, buffer);
  }
  if (!info[3].IsUndefined()) {
    input_ = IndexOf(info[3], "input");
    Check(*input_ < plan_.buffer_count() && buffers.Get(static_cast<uint32_t>(*input_)).IsNull(),
          "Expected the input to be a port of the plan");
  }
  memory_ = Hold(info, memory);
}

void PlanObject::Bind(const Napi::CallbackInfo& info) {
  const size_t port = IndexOf(info[0], "port");
  Check(port < plan_.buffer_count(), "Expected a port of the plan");
  plan_.BindRows(port, MemoryOf(info[1], "a port"), IndexOf(info[2], "rows"));
  memory_.Value().Set(static_cast<uint32_t>(port), info[1]);
}

void PlanObject::CheckBuffers() const {
  const Napi::HandleScope scope(Env());
  const Napi::Array memory = memory_.Value();
  for (uint32_t i = 0; i < plan_.buffer_count(); ++i) {
    if (i == input_) continue;
    const Napi::Value buffer = memory.Get(i);
    Check(!buffer.IsNull(), "Expected every port to be bound");
    const Buffer now = MemoryOf(buffer, "a buffer of the plan");
    Check(now.data == plan_.buffer(i).data && now.bytes == plan_.buffer(i).bytes,
          "Expected a buffer of the plan to stay where it was");
  }
}

}  // namespace blasnet
