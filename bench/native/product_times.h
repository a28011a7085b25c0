#pragma once

#include <span>

namespace handwritten {

/** Times products by OpenBLAS, for so many seconds each, and prints them. */
void TimeBlasProducts(double seconds, std::span<char*> shapes);

}  // namespace handwritten
