// @internal
import type { RowMap } from './data-set.js';
import { MemorySet } from './memory-set.js';
import type { Side } from './part.js';

/** Rows in memory that a reader may make anew, as long as they have not been changed. */
export class TrackedSet extends MemorySet {
  /** Whether rows have been scaled, encoded or shuffled. */
  isTouched = false;

  override replace(side: Side, maps: Readonly<Record<string, RowMap>>): void {
    super.replace(side, maps);
    this.isTouched = true;
  }

  override shuffle(seed: number): void {
    super.shuffle(seed);
    this.isTouched = true;
  }
}
