#include <atomic>

#include "core/pool.h"
#include "test/testing.h"

namespace blasnet::testing {

TEST_SUITE_BEGIN("threads");

TEST_CASE("scratch is kept from call to call, and grows to what is needed at the same time") {
  Scratch scratch;
  const auto is_aligned = [](const unsigned char* p) { return reinterpret_cast<uintptr_t>(p) % 64 == 0; };
  const unsigned char* first = nullptr;
  {
    const Scratch::Block block(scratch, 1000);
    first = block.data();
    CHECK(is_aligned(first));
    CHECK(scratch.bytes() == 1000);
  }
  {
    const Scratch::Block again(scratch, 500);
    CHECK(again.data() == first);
    CHECK(scratch.bytes() == 1000);
    const Scratch::Block other(scratch, 700);
    CHECK(other.data() != first);
    CHECK(is_aligned(other.data()));
    CHECK(scratch.bytes() == 1700);
  }
  const Scratch::Block larger(scratch, 3000);
  CHECK(scratch.bytes() >= 3000);
  CHECK(scratch.bytes() <= 4700);
}

TEST_CASE("tiles that run at the same time have pieces of their own, even where there are fewer pieces than threads") {
  Pool pool(3);
  for (const size_t count : {1, 2, 3, 80}) {
    ScratchPieces pieces(pool.scratch(), count, 100);
    std::atomic<int> wrong{0};
    pool.ParallelFor(500, [&](size_t tile) {
      const ScratchPieces::Piece piece(pieces);
      std::fill_n(piece.data(), 100, static_cast<unsigned char>(tile));
      for (size_t i = 0; i < 100; ++i) wrong += piece.data()[i] != static_cast<unsigned char>(tile);
    });
    CHECK(wrong == 0);
  }
}

TEST_SUITE_END();

}  // namespace blasnet::testing
