/**
 * Times products of matrices by oneDNN, as PyTorch calls it: the primitive `matmul`, whose factors lie in rows or
 * transposed. Compiled only where dnnl.hpp is found, of version 2 or 3. Prints one line of JSON.
 */
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <span>
#include <stdexcept>
#include <string>
#include <unordered_map>

#include <oneapi/dnnl/dnnl.hpp>

#include "../buffer.h"
#include "../product_shapes.h"

namespace handwritten {

namespace {

using dnnl::memory;

memory::desc DescriptorOf(size_t rows, size_t columns, size_t row, bool is_transposed) {
  const auto step = static_cast<memory::dim>(row);
  return {{static_cast<memory::dim>(rows), static_cast<memory::dim>(columns)},
          memory::data_type::f32,
          is_transposed ? memory::dims{1, step} : memory::dims{step, 1}};
}

dnnl::matmul::primitive_desc PrimitiveOf(const dnnl::engine& engine, const memory::desc& a, const memory::desc& b,
                                         const memory::desc& c) {
#if DNNL_VERSION_MAJOR >= 3
  return {engine, a, b, c};
#else
  return {{a, b, c}, engine};
#endif
}

double TimeOne(double seconds, const ProductShape& shape) {
  const auto [m, n, k, a_transposed, b_transposed] = shape;
  Buffer a(m * k), b(k * n), c(m * n);
  FillFactor(a.data(), a.size());
  FillFactor(b.data(), b.size());
  const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  dnnl::stream stream(engine);
  const auto a_in = DescriptorOf(m, k, shape.ARow(), a_transposed);
  const auto b_in = DescriptorOf(k, n, shape.BRow(), b_transposed);
  const auto c_in = DescriptorOf(m, n, n, false);
  const dnnl::matmul product(PrimitiveOf(engine, a_in, b_in, c_in));
  const std::unordered_map<int, memory> arguments = {{DNNL_ARG_SRC, memory(a_in, engine, a.data())},
                                                     {DNNL_ARG_WEIGHTS, memory(b_in, engine, b.data())},
                                                     {DNNL_ARG_DST, memory(c_in, engine, c.data())}};
  return LeastMicroseconds(seconds, [&] { product.execute(stream, arguments); });
}

std::string Version() {
  const dnnl_version_t* version = dnnl_version();
  return "oneDNN " + std::to_string(version->major) + "." + std::to_string(version->minor) + "." +
         std::to_string(version->patch);
}

}  // namespace

}  // namespace handwritten

/** The number of threads is OpenMP's: OMP_NUM_THREADS. */
int main(int count, char** words) {
  try {
    if (count < 3) throw std::runtime_error("Usage: onednn_products <seconds> nn:64x128x784 …");
    const double seconds = std::stod(words[1]);
    const std::span shapes(words + 2, static_cast<size_t>(count - 2));
    handwritten::PrintProducts(handwritten::Version(), shapes, [seconds](const handwritten::ProductShape& shape) {
      return handwritten::TimeOne(seconds, shape);
    });
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
