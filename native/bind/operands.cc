#include "bind/operands.h"

#include <cmath>

namespace blasnet {

namespace {

DataType TypeNamed(const std::string& name) {
  for (const DataType type : {DataType::kFloat32, DataType::kFloat64, DataType::kUint8, DataType::kInt32}) {
    if (name == NameOf(type)) return type;
  }
  throw InvalidArgument("Expected a data type but received '" + name + "'");
}

DataType TypeOf(const Napi::TypedArray& array) {
  switch (array.TypedArrayType()) {
    case napi_float32_array:
      return DataType::kFloat32;
    case napi_float64_array:
      return DataType::kFloat64;
    case napi_uint8_array:
      return DataType::kUint8;
    case napi_int32_array:
      return DataType::kInt32;
    default:
      throw InvalidArgument("Expected a Float32Array, Float64Array, Uint8Array or Int32Array");
  }
}

void SetShape(const Napi::Value& value, Argument* argument) {
  if (!value.IsArray()) throw InvalidArgument("Expected an array for shape");
  const auto shape = value.As<Napi::Array>();
  const uint32_t rank = shape.Length();
  Check(rank <= kMaxRank, "Expected at most eight dimensions for shape");
  argument->rank = static_cast<uint8_t>(rank);
  size_t product = 1;
  for (uint32_t i = 0; i < rank; ++i) {
    argument->shape[i] = IndexOf(shape.Get(i), "a dimension");
    Check(argument->shape[i] == 0 || product <= (size_t{1} << 53) / argument->shape[i], "Expected a smaller shape");
    product *= argument->shape[i];
  }
}

}  // namespace

int VariantOf(const Napi::Value& dtype) {
  const std::string name = dtype.ToString();
  if (name == "float32") return 0;
  if (name == "float64") return 1;
  throw InvalidArgument("Expected 'float32' or 'float64' for dtype but received '" + name + "'");
}

size_t IndexOf(const Napi::Value& value, const char* name) {
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : -1;
  if (!(number >= 0 && number <= 9007199254740991.0 && number == std::floor(number))) {
    throw InvalidArgument(std::string("Expected a whole number for ") + name);
  }
  return static_cast<size_t>(number);
}

Buffer MemoryOf(const Napi::Value& value, const char* name) {
  Napi::ArrayBuffer buffer;
  size_t offset = 0, bytes = 0;
  if (value.IsArrayBuffer()) {
    buffer = value.As<Napi::ArrayBuffer>();
    bytes = buffer.ByteLength();
  } else if (value.IsTypedArray()) {
    const auto array = value.As<Napi::TypedArray>();
    buffer = array.ArrayBuffer();
    offset = array.ByteOffset();
    bytes = array.ByteLength();
  } else {
    throw InvalidArgument(std::string("Expected an ArrayBuffer or a typed array for ") + name);
  }
  if (buffer.IsDetached())
    throw InvalidArgument(std::string("Expected ") + name + " to be attached but it is detached");
  return {static_cast<unsigned char*>(buffer.Data()) + offset, bytes};
}

Operand OperandOf(const Napi::Value& value) {
  Operand operand;
  if (value.IsNumber()) {
    operand.constant = value.As<Napi::Number>().DoubleValue();
    return operand;
  }
  if (!value.IsObject()) throw InvalidArgument("Expected a number or a tensor for an operand");
  const auto object = value.As<Napi::Object>();
  operand.buffer = IndexOf(object.Get("buffer"), "buffer");
  operand.offset = IndexOf(object.Get("offset"), "offset");
  operand.shape.type = TypeNamed(object.Get("type").ToString());
  SetShape(object.Get("shape"), &operand.shape);
  return operand;
}

std::vector<Operand> EagerOperands(const Napi::Array& values, std::vector<Buffer>* memory) {
  std::vector<Operand> operands;
  std::vector<Napi::Value> arrays;
  for (uint32_t i = 0; i < values.Length(); ++i) {
    const Napi::Value value = values.Get(i);
    Operand operand;
    if (value.IsNumber()) {
      operand.constant = value.As<Napi::Number>().DoubleValue();
    } else if (value.IsObject()) {
      const auto object = value.As<Napi::Object>();
      const Napi::Value data = object.Get("data");
      if (!data.IsTypedArray()) throw InvalidArgument("Expected a typed array for a tensor's data");
      operand.shape.type = TypeOf(data.As<Napi::TypedArray>());
      SetShape(object.Get("shape"), &operand.shape);
      operand.buffer = arrays.size();
      arrays.push_back(data);
    } else {
      throw InvalidArgument("Expected a number or a tensor for an operand");
    }
    operands.push_back(operand);
  }
  // Last, when no getter can run any more that would move what was looked at.
  for (const Napi::Value& array : arrays) memory->push_back(MemoryOf(array, "a tensor"));
  return operands;
}

}  // namespace blasnet
