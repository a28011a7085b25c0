#include "core/plan.h"

#include <string>

namespace blasnet {

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
  steps_.push_back({kernel.invoke[variant], first});
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
