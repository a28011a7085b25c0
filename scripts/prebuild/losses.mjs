// The losses that the trainings of smoke.mjs have on every platform, and how far they may be from them.
import { readFileSync } from 'node:fs';

const expected = JSON.parse(readFileSync(new URL('losses.json', import.meta.url), 'utf8'));

/** Kernels for different CPUs sum in different orders. */
export const tolerance = 1e-5;

/** The largest difference between the losses of a run and those that are expected; NaN where some are missing. */
export function differenceOf(results, losses = expected) {
  const differences = Object.entries(losses).flatMap(([net, values]) =>
    values.map((value, i) => Math.abs((results[net]?.losses[i] ?? Number.NaN) - value)),
  );
  return Math.max(0, ...differences);
}
