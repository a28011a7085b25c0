#pragma once

#include <optional>
#include <vector>

#include "core/context.h"
#include "core/registry.h"
#include "core/row_groups.h"
#include "core/span.h"

namespace blasnet {

// Memory that a plan's tensors lie in. A port is a buffer whose memory is given before each run.
struct Buffer {
  unsigned char* data = nullptr;
  size_t bytes = 0;
};

// Where an argument lies: in buffers[buffer] at offset bytes, or, for a constant, in the plan itself.
struct Operand {
  static constexpr size_t kConstant = static_cast<size_t>(-1);
  size_t buffer = kConstant;
  size_t offset = 0;      // bytes
  double constant = 0.0;  // where buffer is kConstant
  Argument shape;         // data is filled in when bound
};

// A recorded list of kernel calls for one batch size with its pointers bound.
class Plan {
 public:
  explicit Plan(size_t buffers) : buffers_(buffers) {}

  // Appends a call. variant is 0 for float32 and 1 for float64; operands are in the kernel's parameter order.
  // Throws InvalidArgument where they do not fit the kernel.
  void Add(const Kernel& kernel, int variant, std::vector<Operand> operands);

  // Points a buffer's tensors at memory. Throws InvalidArgument where it is too small for them; the plan then stays
  // bound as it was.
  void Bind(size_t buffer, Buffer memory);
  // The same for a port that holds `rows` rows of data, whatever count was recorded.
  void BindRows(size_t buffer, Buffer memory, size_t rows);

  // Finds chains of calls that run by rows (core/row_groups.h). To be called after the last Add; a plan without it runs
  // its calls one after another.
  void FindRowGroups();

  // Executes the calls, to the effect of their order. Every buffer must have been bound.
  void Run(Context& context) const {
    if (groups_.empty() || (!gains_alone_ && context.pool.threads() == 1)) {
      for (const Step& step : steps_) step.invoke(context, arguments_.data() + step.first);
      return;
    }
    for (const CallGroup& group : groups_) RunGroup(context, group);
  }

  size_t buffer_count() const { return buffers_.size(); }
  const Buffer& buffer(size_t i) const { return buffers_[i]; }

 private:
  void BindShapes(size_t buffer, Buffer memory, std::optional<size_t> rows);
  void RunGroup(Context& context, const CallGroup& group) const;
  void RunWithSideCalls(Context& context, const CallGroup& group) const;
  void RunRows(Context& context, const CallGroup& group, size_t first, size_t last) const;

  struct Step {
    Invoker invoke;
    size_t first;  // index of its first argument
    const Kernel* kernel;
  };
  struct Place {
    size_t argument, buffer, offset;
  };

  std::vector<Step> steps_;
  std::vector<Argument> arguments_;
  std::vector<Place> places_;
  std::vector<Buffer> buffers_;
  // One block a call: its address must not change when calls are added.
  std::vector<std::vector<double>> constants_;
  std::vector<CallGroup> groups_;  // empty where running by rows gains nothing
  bool gains_alone_ = false;       // whether it gains for one thread, too
};

}  // namespace blasnet
