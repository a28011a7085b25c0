#pragma once

// Tensors that broadcast, in plain loops.

#include <vector>

#include "test/testing.h"

namespace blasnet::testing {

using Shape = std::vector<size_t>;

// The index of the number at `place` of a shape in row-major order.
inline Shape IndexAt(const Shape& shape, size_t place) {
  Shape index(shape.size());
  for (size_t d = shape.size(); d-- > 0;) {
    index[d] = place % shape[d];
    place /= shape[d];
  }
  return index;
}

// Where the number of that index lies; dimensions of length 1 repeat.
inline size_t PlaceOf(const Shape& shape, const Shape& index) {
  size_t place = 0;
  for (size_t d = 0; d < shape.size(); ++d) place = place * shape[d] + (shape[d] == 1 ? 0 : index[d]);
  return place;
}

// Shapes of a, b and their result: equal ones, a bias, columns, outer products, repeats in the middle.
struct Broadcast {
  Shape a, b, y;
};
inline const std::vector<Broadcast> kBroadcasts = {
    {{1}, {1}, {1}},
    {{17}, {17}, {17}},
    {{3, 65}, {3, 65}, {3, 65}},
    {{7, 33}, {1, 33}, {7, 33}},
    {{7, 5}, {7, 1}, {7, 5}},
    {{1, 9}, {4, 1}, {4, 9}},
    {{4, 1, 3, 1, 2}, {1, 5, 1, 7, 2}, {4, 5, 3, 7, 2}},
    {{300, 70}, {1, 70}, {300, 70}},
    {{1}, {40000}, {40000}},
};

}  // namespace blasnet::testing
