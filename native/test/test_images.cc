#include "core/philox.h"
#include "test/testing.h"
#include "test/threads.h"

namespace blasnet::testing {

namespace {

// Which random changes: all that they depend on.
struct Draws {
  double flip = 1, padding = 2, seed = 5, stream = 77, step = 3;
};

// Images in memory, and the batch that is taken from them.
struct Images {
  Images(size_t count, size_t batch, size_t channels, size_t height, size_t width)
      : batch(batch),
        channels(channels),
        height(height),
        width(width),
        source({count, channels, height, width}),
        order({count}),
        mean({channels}),
        factor({channels}) {
    Numbers numbers(count + width);
    for (size_t i = 0; i < source.size(); ++i) source[i] = static_cast<uint8_t>(numbers.Below(256));
    for (size_t i = 0; i < count; ++i) order[i] = static_cast<int32_t>(count - 1 - i);
    numbers.Fill(mean, 0.3, 0.6), numbers.Fill(factor, 2, 6);
  }
  std::vector<size_t> shape() const { return {batch, channels, height, width}; }

  size_t batch, channels, height, width;
  double first_row = 1, divisor = 255;
  Tensor<uint8_t> source;
  Tensor<int32_t> order;
  Tensor<double> mean, factor;
};

template <class T>
void Gather(Images& images, Tensor<int32_t>& order, Tensor<T>& x, Context& context = SharedContext()) {
  Call<T>("gather_images")
      .With("source", images.source)
      .With("order", order)
      .With("firstRow", images.first_row)
      .With("divisor", images.divisor)
      .With("mean", images.mean)
      .With("factor", images.factor)
      .With("x", x)
      .Run(context);
}

template <class T>
void Augment(Images& images, Tensor<int32_t>& order, Tensor<T>& x, const Draws& draws = {},
             Context& context = SharedContext()) {
  Call<T>("augment_images")
      .With("source", images.source)
      .With("order", order)
      .With("firstRow", images.first_row)
      .With("divisor", images.divisor)
      .With("mean", images.mean)
      .With("factor", images.factor)
      .With("width", static_cast<double>(images.width))
      .With("flip", draws.flip)
      .With("padding", draws.padding)
      .With("seed", draws.seed)
      .With("stream", draws.stream)
      .With("step", draws.step)
      .With("x", x)
      .Run(context);
}

// The image in a frame of zero bytes, cut out and mirrored, then scaled; pixel by pixel.
template <class T>
std::vector<T> Naive(const Images& images, const Tensor<int32_t>& order, const Draws& draws) {
  const auto [batch, channels, height, width] = std::tuple(images.batch, images.channels, images.height, images.width);
  const Philox random(static_cast<uint64_t>(draws.seed), static_cast<uint32_t>(draws.stream),
                      static_cast<uint64_t>(draws.step));
  const auto pad = static_cast<size_t>(draws.padding);
  std::vector<T> x;
  for (size_t i = 0; i < batch; ++i) {
    const size_t at = static_cast<size_t>(images.first_row) + i;
    const size_t row = order.size() > 0 ? static_cast<size_t>(order[at]) : at;
    const Philox::Block words = random(static_cast<uint32_t>(i));
    const bool mirrored = draws.flip != 0 && words[0] >= 0x80000000;
    const auto choice = [&](uint32_t word) { return static_cast<size_t>(std::ldexp(word * (2.0 * pad + 1), -32)); };
    const size_t top = choice(words[1]), left = choice(words[2]);
    for (size_t c = 0; c < channels; ++c) {
      std::vector<uint8_t> frame((height + 2 * pad) * (width + 2 * pad), 0);
      for (size_t k = 0; k < height * width; ++k) {
        frame[(k / width + pad) * (width + 2 * pad) + k % width + pad] =
            images.source[(row * channels + c) * height * width + k];
      }
      for (size_t y = 0; y < height; ++y) {
        for (size_t column = 0; column < width; ++column) {
          const size_t from = mirrored ? width - 1 - column : column;
          const T byte = frame[(y + top) * (width + 2 * pad) + left + from];
          const T centred = byte / static_cast<T>(images.divisor) - static_cast<T>(images.mean[c]);
          x.push_back(centred * static_cast<T>(images.factor[c]));
        }
      }
    }
  }
  return x;
}

constexpr Draws kUnchanged = {0, 0, 0, 0, 0};

}  // namespace

TEST_CASE_TEMPLATE("gather_images normalises by channel", T, float, double) {
  for (const size_t width : kOddSizes) {
    for (const size_t channels : {1, 3}) {
      CAPTURE(width);
      Images images(12, 9, channels, 2, width);
      Tensor<int32_t> none({0});
      Tensor<T> ordered(images.shape()), x(images.shape());
      Gather(images, images.order, ordered);
      CHECK(ordered.values() == Naive<T>(images, images.order, kUnchanged));
      Gather(images, none, x);
      CHECK(x.values() == Naive<T>(images, none, kUnchanged));
    }
  }
}

TEST_CASE_TEMPLATE("gather_images with mean 0 and factor 1 is gather_byte_rows", T, float, double) {
  Images images(12, 9, 3, 5, 7);
  images.mean = 0, images.factor = 1;
  Tensor<T> x(images.shape()), expected(images.shape());
  Gather(images, images.order, x);
  Call<T>("gather_byte_rows")
      .With("source", images.source)
      .With("order", images.order)
      .With("firstRow", images.first_row)
      .With("divisor", images.divisor)
      .With("x", expected)
      .Run();
  CHECK(x.values() == expected.values());
}

TEST_CASE_TEMPLATE("augment_images shifts and mirrors as the words of Philox say", T, float, double) {
  const Draws draws[] = {
      kUnchanged, {}, {1, 0, 9, 1, 2}, {0, 3, 0x1p52 + 17, 4294967295, 0x1p40 + 9}, {1, 40, 1, 2, 3}};
  for (const size_t width : {1, 2, 5, 8, 16, 17, 28, 32, 33}) {
    CAPTURE(width);
    Images images(70, 67, 3, 6, width);
    Tensor<int32_t> none({0});
    for (const Draws& draw : draws) {
      CAPTURE(draw.padding);
      Tensor<T> ordered(images.shape()), x(images.shape());
      Augment(images, images.order, ordered, draw);
      CHECK(ordered.values() == Naive<T>(images, images.order, draw));
      Augment(images, none, x, draw);
      CHECK(x.values() == Naive<T>(images, none, draw));
    }
  }
}

TEST_CASE("augment_images chooses each offset and mirror equally often, and independently") {
  // One pixel, 1, in the middle of 5 × 6 zeros tells what was done.
  constexpr size_t kImages = 20000, kHeight = 5, kWidth = 6, kPadding = 1;
  Images images(kImages, kImages, 1, kHeight, kWidth);
  images.first_row = 0, images.divisor = 1, images.mean = 0, images.factor = 1;
  images.source = 0;
  for (size_t i = 0; i < kImages; ++i) images.source[i * kHeight * kWidth + 2 * kWidth + 1] = 1;
  Tensor<int32_t> none({0});
  Tensor<float> x(images.shape());
  Augment(images, none, x, {1, kPadding, 8, 9, 10});
  std::vector<size_t> counts(kHeight * kWidth);
  for (size_t i = 0; i < x.size(); ++i) counts[i % counts.size()] += x[i] == 1;
  size_t places = 0;
  // Lines 1 to 3, columns 0 to 2 and, mirrored, 3 to 5. Five deviations of the binomial distribution.
  const double expected = kImages / 18.0, deviation = std::sqrt(expected * 17 / 18);
  for (size_t k = 0; k < counts.size(); ++k) {
    const bool possible = k / kWidth >= 1 && k / kWidth <= 3;
    CAPTURE(k);
    CHECK(std::abs(static_cast<double>(counts[k]) - (possible ? expected : 0)) <= (possible ? 5 * deviation : 0));
    places += counts[k];
  }
  CHECK(places == kImages);
}

TEST_CASE_TEMPLATE("changes of other seeds, streams and steps are others", T, float, double) {
  Images images(60, 50, 1, 8, 8);
  const auto values = [&](const Draws& draws) {
    Tensor<T> x(images.shape());
    Augment(images, images.order, x, draws);
    return x.values();
  };
  const std::vector<T> base = values({});
  CHECK(values({}) == base);
  const Draws others[] = {{1, 2, 6, 77, 3}, {1, 2, 5 + 0x1p40, 77, 3}, {1, 2, 5, 78, 3}, {1, 2, 5, 77, 4}};
  for (const Draws& other : others) CHECK(values(other) != base);
}

TEST_CASE_TEMPLATE("batches of images have the same bits on any number of threads" * doctest::test_suite("threads"), T,
                   float, double) {
  Images images(150, 130, 3, 32, 32);
  CheckThreadsDoNotMatter<T>(images.shape(),
                             [&](Context& context, Tensor<T>& x) { Gather(images, images.order, x, context); });
  CheckThreadsDoNotMatter<T>(images.shape(),
                             [&](Context& context, Tensor<T>& x) { Augment(images, images.order, x, {}, context); });
}

TEST_CASE_TEMPLATE("batches of images refuse what does not fit", T, float, double) {
  Images images(6, 4, 3, 2, 2);
  Tensor<T> x(images.shape()), narrow({4, 11}), many({7, 12});
  Tensor<int32_t> none({0}), bad({6}, {0, 1, 2, 6, 4, 5}), negative({6}, {0, 1, -1, 3, 4, 5});
  for (Tensor<int32_t>* order : {&images.order, &none}) {
    CHECK_THROWS_AS(Gather(images, *order, narrow), InvalidArgument);
    CHECK_THROWS_AS(Gather(images, *order, many), InvalidArgument);
    CHECK_THROWS_AS(Augment(images, *order, many), InvalidArgument);
  }
  for (Tensor<int32_t>* order : {&bad, &negative}) {
    CHECK_THROWS_AS(Gather(images, *order, x), InvalidArgument);
    CHECK_THROWS_AS(Augment(images, *order, x), InvalidArgument);
  }
  const Draws impossible[] = {{1, -1, 0, 0, 0}, {1, 0.5, 0, 0, 0}, {1, 0x1p20, 0, 0, 0}, {1, kNaN<double>, 0, 0, 0},
                              {1, 1, -1, 0, 0}, {1, 1, 0, 0.5, 0}, {1, 1, 0, 0, -1}};
  for (const Draws& draws : impossible) CHECK_THROWS_AS(Augment(images, none, x, draws), InvalidArgument);
  for (const size_t width : {0, 3}) {
    images.width = width;
    CHECK_THROWS_AS(Augment(images, none, x), InvalidArgument);
  }
  for (const double first : {3.0, -1.0, kNaN<double>}) {
    images.first_row = first;
    CHECK_THROWS_AS(Gather(images, none, x), InvalidArgument);
  }
  Images other(6, 4, 5, 2, 2);
  CHECK_THROWS_AS(Call<T>("gather_images")
                      .With("source", images.source)
                      .With("order", none)
                      .With("firstRow", 0)
                      .With("divisor", 1)
                      .With("mean", other.mean)
                      .With("factor", images.factor)
                      .With("x", x)
                      .Run(),
                  InvalidArgument);
  Images uneven(6, 4, 5, 1, 1);
  Tensor<T> twelve({4, 12});
  CHECK_THROWS_WITH_AS(Call<T>("gather_images")
                           .With("source", images.source)
                           .With("order", none)
                           .With("firstRow", 0)
                           .With("divisor", 1)
                           .With("mean", uneven.mean)
                           .With("factor", uneven.factor)
                           .With("x", twelve)
                           .Run(),
                       "Expected rows with a plane for each channel", InvalidArgument);
}

}  // namespace blasnet::testing
