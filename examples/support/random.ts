/** Numbers from N(0, deviation), the same for the same seed. Sources: mulberry32; Box and Muller, 1958. */
export function normalNumbers(count: number, deviation: number, seed: number): number[] {
  const uniform = uniformNumbers(seed);
  return Array.from(
    { length: count },
    () => deviation * Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
  );
}

/** A source of numbers from [0, 1). */
export function uniformNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
