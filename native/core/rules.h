#pragma once

// Sizes that follow from the machine, all in one place. They come from what the CPU is, never from measurements and
// never from how many of its cores this process may use: the same CPU gives the same bits for any number of threads.

#include <cstddef>

namespace blasnet {

struct Machine;

struct Rules {
  // Bytes that one core can count on to stay in its second-level cache beside what streams through it. A left factor
  // that takes more is multiplied in parts of part_rows rows.
  size_t near_bytes;
  size_t part_rows;
  // A right factor of more numbers, and fewer than kFewRows rows on the left: a BLAS does that better.
  size_t large_factor;
  // Bytes of a matrix that one row is multiplied with in the order of its columns; a larger one is read in the order of
  // its rows.
  size_t cached_matrix;
  // Multiplications of a tile, about 40 µs on one core: handing it over pays.
  size_t tile_product;
  // A product of more multiplications cuts itself into tiles by columns, so that each core keeps its part of the
  // weights.
  size_t large_product() const { return 2 * tile_product; }
};

Rules RulesFor(const Machine& machine);

// The rules for this machine, which hold from the loading of the library on.
extern const Rules kRules;

}  // namespace blasnet
