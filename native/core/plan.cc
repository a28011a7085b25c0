#include "core/plan.h"

#include <algorithm>
#include <exception>
#include <mutex>
#include <string>

namespace blasnet {

namespace {

// Of kernels that may run by rows.
constexpr size_t kMostArguments = 16;

}  // namespace

void Plan::Add(const Kernel& kernel, int variant, std::vector<Operand> operands) {
  CheckEqual((kernel.name + "'s arguments").c_str(), kernel.parameters.size(), operands.size());
  constants_.emplace_back(operands.size());
  std::vector<double>& constants = constants_.back();
  const size_t first = arguments_.size();
  for (size_t i = 0; i < operands.size(); ++i) {
    const Operand& operand = operands[i];
    const Parameter& parameter = kernel.parameters[i];
    const std::string name = kernel.name + "'s " + parameter.name;
    CheckEqual((name + " (0: tensor, 1: scalar)").c_str(), parameter.is_scalar, operand.shape.rank == 0);
    CheckEqual(name.c_str(), std::string(NameOf(parameter.type[variant])), std::string(NameOf(operand.shape.type)));
    arguments_.push_back(operand.shape);
    if (operand.buffer == Operand::kConstant) {
      Check(parameter.is_scalar, "Expected a tensor to lie in a buffer");
      constants[i] = operand.constant;
      arguments_.back().data = &constants[i];
    } else {
      Check(operand.buffer < buffers_.size(), "Expected a buffer of the plan");
      places_.push_back({first + i, operand.buffer, operand.offset});
    }
  }
  steps_.push_back({kernel.invoke[variant], first, &kernel});
}

void Plan::FindRowGroups() {
  std::vector<CallAccess> calls(steps_.size());
  std::vector<size_t> owner(arguments_.size());
  for (size_t i = 0; i < steps_.size(); ++i) {
    const std::vector<Parameter>& parameters = steps_[i].kernel->parameters;
    std::fill_n(owner.begin() + static_cast<ptrdiff_t>(steps_[i].first), parameters.size(), i);
    bool same = true;
    for (size_t j = 0; j < parameters.size(); ++j) {
      const Argument& argument = arguments_[steps_[i].first + j];
      if (parameters[j].is_scalar || parameters[j].reads_some_rows) continue;
      if (!parameters[j].by_rows) {
        calls[i].shared_numbers += argument.size();
        continue;
      }
      if (calls[i].row_numbers == 0) calls[i].rows = argument.rows();
      same = same && argument.rows() == calls[i].rows;
      calls[i].row_numbers += argument.row_size();
    }
    if (!same || parameters.size() > kMostArguments) calls[i].rows = 0;
  }
  for (const Place& place : places_) {
    const size_t call = owner[place.argument];
    const Argument& argument = arguments_[place.argument];
    const Parameter& parameter = steps_[call].kernel->parameters[place.argument - steps_[call].first];
    // A port's rows are not known yet.
    const bool is_port = argument.rank > 0 && argument.rows() == 0;
    const size_t bytes = argument.size() * SizeOf(argument.type);
    const size_t end = is_port ? Access::kUnknown : place.offset + bytes;
    calls[call].accesses.push_back(
        {place.buffer, is_port ? 0 : place.offset, end, parameter.is_output, parameter.by_rows});
  }
  groups_ = GroupByRows(calls);
  const auto is_near = [](const CallGroup& group) { return group.near_tiles > 1; };
  const auto gains = [&](const CallGroup& group) {
    return is_near(group) || group.most_tiles > 1 || !group.side_calls.empty();
  };
  gains_alone_ = std::any_of(groups_.begin(), groups_.end(), is_near);
  if (std::none_of(groups_.begin(), groups_.end(), gains)) groups_.clear();
}

namespace {

// The error of the tile that failed, if any did.
class TileError {
 public:
  template <class F>
  void Catch(const F& f) {
    try {
      f();
    } catch (...) {
      const std::lock_guard<std::mutex> lock(mutex_);
      error_ = std::current_exception();
    }
  }
  void Rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  std::mutex mutex_;
  std::exception_ptr error_;
};

}  // namespace

void Plan::RunGroup(Context& context, const CallGroup& group) const {
  if (!group.side_calls.empty()) return RunWithSideCalls(context, group);
  const size_t tiles = group.near_tiles > 1 ? group.near_tiles : std::min(group.most_tiles, context.pool.threads());
  if (tiles == 1) {
    for (const size_t i : group.calls) steps_[i].invoke(context, arguments_.data() + steps_[i].first);
    return;
  }
  TileError error;
  context.pool.ParallelFor(tiles, [&](size_t tile) {
    error.Catch([&] { RunRows(context, group, tile * group.rows / tiles, (tile + 1) * group.rows / tiles); });
  });
  error.Rethrow();
}

void Plan::RunWithSideCalls(Context& context, const CallGroup& group) const {
  const auto run = [&](size_t i) { steps_[i].invoke(context, arguments_.data() + steps_[i].first); };
  TileError error;
  const auto run_other = [&](size_t tile) { error.Catch([&] { run(group.side_calls[tile]); }); };
  bool is_done;
  {
    const Pool::SideWork side_work(group.side_calls.size(), run_other);
    run(group.calls[0]);
    is_done = side_work.is_done();
  }
  // The large call had no tiles for other threads.
  if (!is_done) {
    for (size_t i = 0; i < group.side_calls.size(); ++i) run_other(i);
  }
  error.Rethrow();
}

void Plan::RunRows(Context& context, const CallGroup& group, size_t first, size_t last) const {
  Argument some[kMostArguments];
  for (const size_t i : group.calls) {
    const Step& step = steps_[i];
    const std::vector<Parameter>& parameters = step.kernel->parameters;
    for (size_t j = 0; j < parameters.size(); ++j) {
      some[j] = arguments_[step.first + j];
      if (!parameters[j].by_rows) continue;
      const size_t each = some[j].rows() / group.rows;
      some[j].data =
          static_cast<unsigned char*>(some[j].data) + first * each * some[j].row_size() * SizeOf(some[j].type);
      some[j].shape[0] = (last - first) * each;
    }
    step.invoke(context, some);
  }
}

void Plan::Bind(size_t buffer, Buffer memory) { BindShapes(buffer, memory, std::nullopt); }

void Plan::BindRows(size_t buffer, Buffer memory, size_t rows) { BindShapes(buffer, memory, rows); }

void Plan::BindShapes(size_t buffer, Buffer memory, std::optional<size_t> rows) {
  Check(buffer < buffers_.size(), "Expected a buffer of the plan");
  // All checks come first: a plan whose memory was refused can still run where it was bound before.
  for (const Place& place : places_) {
    if (place.buffer != buffer) continue;
    const Argument& argument = arguments_[place.argument];
    const size_t item = SizeOf(argument.type);
    Check(place.offset <= memory.bytes, "Expected a tensor to lie within its buffer");
    Check(place.offset % item == 0, "Expected a tensor to be aligned to its type");
    // Shapes come from JavaScript: divide rather than multiply, lest the product wrap around.
    const size_t room = (memory.bytes - place.offset) / item;
    const size_t row_size = argument.row_size();
    const size_t row_count = argument.rank > 0 ? rows.value_or(argument.rows()) : 1;
    Check(row_size == 0 || row_count <= room / row_size, "Expected a tensor to lie within its buffer");
  }
  for (const Place& place : places_) {
    if (place.buffer != buffer) continue;
    Argument& argument = arguments_[place.argument];
    if (rows && argument.rank > 0) argument.shape[0] = *rows;
    argument.data = memory.data + place.offset;
  }
  buffers_[buffer] = memory;
}

}  // namespace blasnet
