import fc from 'fast-check';

/** Whole numbers that break what counts bytes: ends of types, and their neighbours. */
const edges = [
  0n,
  1n,
  2n,
  -1n,
  127n,
  128n,
  255n,
  256n,
  65535n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 63n - 1n,
  2n ** 64n - 1n,
];

/** The choices that an input is made by, drawn from fast-check: the same seed and number give the same choices. */
export class Dice {
  readonly #draw: fc.GeneratorValue;

  constructor(seed: number, index: number) {
    // An odd factor spreads neighbouring seeds over the 32 bits that fast-check takes.
    const mixed = (Math.imul(seed, 0x9e3779b1) + index) | 0;
    this.#draw = fc.sample(fc.gen(), { seed: mixed, numRuns: 1 })[0]!;
  }

  /** A whole number from 0 on. */
  below(bound: number): number {
    return bound <= 1 ? 0 : this.#draw(wholeNumbers, bound);
  }

  /** Whether one of `sides` came up. */
  once(sides: number): boolean {
    return this.below(sides) === 0;
  }

  pick<Value>(values: readonly Value[]): Value {
    return values[this.below(values.length)]!;
  }

  /** A whole number up to a bound, of any number of bits: small ones are as likely as large ones. */
  size(bound: number): number {
    const whole = Math.max(1, Math.floor(bound));
    return this.below(Math.min(whole, 2 ** this.below(Math.ceil(Math.log2(whole)) + 1)) + 1);
  }

  edge(): bigint {
    return this.pick(edges);
  }

  bytes(length: number): Buffer {
    return Buffer.from(this.#draw(byteArrays, length));
  }

  /** A value of any other kind. */
  value<Value>(arbitrary: fc.Arbitrary<Value>): Value {
    return this.#draw(() => arbitrary);
  }
}

const wholeNumbers = (bound: number) => fc.noBias(fc.nat({ max: bound - 1 }));
const byteArrays = (length: number) => fc.noBias(fc.uint8Array({ minLength: length, maxLength: length }));
