#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <vector>

namespace blasnet {

// Memory that kernels need while they run, kept from call to call. Its size is that of the most that was in use at the
// same time: bounded by what one tile needs and by the threads, not by the batch.
class Scratch {
 public:
  Scratch() = default;
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  // Memory of one call, 64-byte aligned, of unknown content. Given back at the end of its life.
  class Block {
   public:
    Block(Scratch& scratch, size_t bytes) : scratch_(scratch), memory_(scratch.Take(bytes)) {}
    ~Block() { scratch_.Return(memory_); }
    Block(const Block&) = delete;
    Block& operator=(const Block&) = delete;
    unsigned char* data() const { return memory_.data; }

   private:
    friend class Scratch;
    Scratch& scratch_;
    struct Memory {
      unsigned char* data = nullptr;
      size_t bytes = 0;
    } memory_;
  };

  // What lies in this process for good, for the garbage collector to know.
  size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  Block::Memory Take(size_t bytes);
  void Return(Block::Memory memory);

  std::mutex mutex_;
  std::vector<Block::Memory> free_;
  std::atomic<size_t> bytes_{0};
};

// A block in equal pieces, one for each tile that runs at the same time.
class ScratchPieces {
 public:
  static constexpr size_t kMost = 64;

  ScratchPieces(Scratch& scratch, size_t count, size_t bytes)
      : bytes_((bytes + 63) / 64 * 64),
        block_(scratch, bytes_ * (count < kMost ? count : kMost)),
        free_(count < kMost ? (uint64_t{1} << count) - 1 : ~uint64_t{0}) {}

  // One tile's piece, for the length of its life. Waits where more tiles run than there are pieces.
  class Piece {
   public:
    explicit Piece(ScratchPieces& pieces) : pieces_(pieces), index_(pieces.Claim()) {}
    ~Piece() { pieces_.free_.fetch_or(uint64_t{1} << index_, std::memory_order_release); }
    Piece(const Piece&) = delete;
    Piece& operator=(const Piece&) = delete;
    unsigned char* data() const { return pieces_.block_.data() + index_ * pieces_.bytes_; }

   private:
    ScratchPieces& pieces_;
    size_t index_;
  };

 private:
  size_t Claim();

  size_t bytes_;
  Scratch::Block block_;
  std::atomic<uint64_t> free_;
};

}  // namespace blasnet
