#pragma once

#include <napi.h>

#include "bind/held.h"
#include "core/plan.h"

namespace blasnet {

// The JavaScript class Plan: a core Plan that holds the ArrayBuffers that it points into.
class PlanObject : public Napi::ObjectWrap<PlanObject> {
 public:
  static Napi::Function Define(Napi::Env env);

  // new Plan(dtype, buffers, calls): buffers are ArrayBuffers or typed arrays, null for a port; calls are
  // { kernel, operands }.
  explicit PlanObject(const Napi::CallbackInfo& info);

  const Plan& plan() const { return plan_; }

  // Throws where a buffer was detached since it was bound, or a port has none.
  void CheckBuffers() const;

 private:
  // bind(port, array, rows): gives a port its memory for the runs that follow.
  void Bind(const Napi::CallbackInfo& info);

  Plan plan_;
};

}  // namespace blasnet
