#pragma once

#include <napi.h>

#include <optional>

#include "bind/held.h"
#include "core/plan.h"

namespace blasnet {

// The JavaScript class Plan: a core Plan that holds the ArrayBuffers that it points into.
class PlanObject : public Napi::ObjectWrap<PlanObject> {
 public:
  static Napi::Function Define(Napi::Env env);

  // new Plan(dtype, buffers, calls, input | undefined): buffers are ArrayBuffers or typed arrays, null for a port;
  // calls are { kernel, operands }. input is the port whose rows each run of a replay is given anew.
  explicit PlanObject(const Napi::CallbackInfo& info);

  const Plan& plan() const { return plan_; }

  bool has_input() const { return input_.has_value(); }
  // Points the input's tensors at memory. Throws where it is too small for them.
  void BindInput(Buffer memory) { plan_.Bind(*input_, memory); }

  // Throws where a buffer was detached since it was bound, or a port other than the input has none.
  void CheckBuffers() const;

 private:
  // bind(port, array, rows): gives a port its memory for the runs that follow.
  void Bind(const Napi::CallbackInfo& info);

  Plan plan_;
  std::optional<size_t> input_;
  Napi::Reference<Napi::Array> memory_;  // of each buffer
};

}  // namespace blasnet
