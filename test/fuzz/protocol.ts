/** What a child is to do. */
export interface Task {
  readonly format: string;
  /** The module that has the format in its table, as `formats/index.js` does. */
  readonly module: string;
  readonly seed: number;
  /** Number of the first input, and how many there may be. */
  readonly first: number;
  readonly inputs: number;
  /** Seconds after which no further input is begun. */
  readonly seconds: number;
  /** For the input and what lies beside it. */
  readonly folder: string;
}

/** Something that a reader must not do, and the input that made it. */
export interface Finding {
  readonly index: number;
  readonly problem: string;
  readonly bytes: string;
}

/** What came of the inputs. */
export interface Counts {
  readonly inputs: number;
  readonly resolved: number;
  readonly refused: number;
  /** Bytes that one input took at the most, and seconds of processor time. */
  readonly peak: number;
  readonly slowest: number;
}

/** What a child tells its parent. */
export type Report =
  | { readonly kind: 'making' | 'reading'; readonly index: number }
  | ({ readonly kind: 'finding' } & Finding)
  | ({ readonly kind: 'end' } & Counts);
