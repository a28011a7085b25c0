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
  buffers_.resize(buffers.Length());
  for (uint32_t i = 0; i < calls.Length(); ++i) {
    const Napi::HandleScope scope(info.Env());
    const auto call = calls.Get(i).As<Napi::Object>();
    const Kernel& kernel = Kernels().Find(call.Get("kernel").ToString());
    const auto values = call.Get("operands").As<Napi::Array>();
    std::vector<Operand> operands;
    for (uint32_t j = 0; j < values.Length(); ++j) operands.push_back(OperandOf(values.Get(j)));
    plan_.Add(kernel, variant, std::move(operands));
  }
  for (uint32_t i = 0; i < buffers.Length(); ++i) {
    const Napi::Value buffer = buffers.Get(i);
    if (buffer.IsNull()) continue;
    plan_.Bind(i, MemoryOf(buffer, "a buffer"));
    buffers_[i] = Napi::Persistent(buffer.As<Napi::Object>());
  }
}

void PlanObject::Bind(const Napi::CallbackInfo& info) {
  const size_t port = IndexOf(info[0], "port");
  Check(port < buffers_.size(), "Expected a port of the plan");
  plan_.BindRows(port, MemoryOf(info[1], "a port"), IndexOf(info[2], "rows"));
  buffers_[port] = Napi::Persistent(info[1].As<Napi::Object>());
}

void PlanObject::CheckBuffers(Napi::Env env) const {
  const Napi::HandleScope scope(env);
  for (size_t i = 0; i < buffers_.size(); ++i) {
    Check(!buffers_[i].IsEmpty(), "Expected every port to be bound");
    const Buffer now = MemoryOf(buffers_[i].Value(), "a buffer of the plan");
    Check(now.data == plan_.buffer(i).data && now.bytes == plan_.buffer(i).bytes,
          "Expected a buffer of the plan to stay where it was");
  }
}

}  // namespace blasnet
