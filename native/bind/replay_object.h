#pragma once

#include <napi.h>

#include <memory>

#include "bind/environment.h"
#include "bind/plan_object.h"
#include "core/replay.h"

namespace blasnet {

// The JavaScript class Replay: plans and the order in which to run them; runs them here or on a thread.
class ReplayObject : public Napi::ObjectWrap<ReplayObject> {
 public:
  static Napi::Function Define(Napi::Env env);

  // new Replay({ begin, epoch, step, last, gather, end, stepsPerEpoch, batchRows, inputRowBytes, scalars }); the plans
  // may be null but for one of step and last, and begin, gather and end, which run once, may be left out. inputRowBytes
  // counts where step and last have an input.
  explicit ReplayObject(const Napi::CallbackInfo& info);

 private:
  // runSync(first, end, beginEpoch, input | undefined) → null where all steps were finished, else the outcome. input:
  // the epoch's rows, where a plan has an input.
  Napi::Value RunSync(const Napi::CallbackInfo& info);
  // run(first, end, beginEpoch, onProgress | undefined, input | undefined) → Promise of the outcome;
  // onProgress(next, scalars)
  Napi::Value Run(const Napi::CallbackInfo& info);
  // Ends the run within one step; its promise resolves with reason 'aborted'.
  void Abort(const Napi::CallbackInfo& info);

  struct Running;
  void Prepare(const Napi::Value& input);
  void CheckBuffers() const;
  void BindInput(uint64_t batch, bool is_last);
  Range RangeOf(const Napi::CallbackInfo& info) const;
  void OnProgress(Napi::Env env, Running& running, uint64_t next, const std::vector<double>& scalars);
  void OnEnd(Napi::Env env, Running& running, const Outcome& outcome);

  Environment& environment_;
  Schedule schedule_;
  std::vector<PlanObject*> plans_;
  PlanObject *step_ = nullptr, *last_ = nullptr;  // where they have an input
  Buffer input_;                                  // the rows of the present run
  size_t input_row_bytes_ = 0;
  Buffer slots_memory_;
  Napi::Reference<Napi::Array> held_;  // the plans and the scalars
  std::shared_ptr<AbortFlag> abort_;   // set while running on a thread
};

}  // namespace blasnet
