import { definedFields } from '../../core/objects.js';
import type { ColumnEncoding } from './column-encoding.js';

/** The scaling of raw rows: (x / divisor − offset) · scale. */
export interface FeatureScaling {
  /** 'column': `offset` and `scale` have a number for each number of a row; 'channel': for each channel of an image. */
  readonly per: 'column' | 'channel';
  readonly divisor: number;
  readonly offset: readonly number[];
  /** 0 for a constant column. */
  readonly scale: readonly number[];
}

/** The scaling of a net's outputs to labels as they are in the file: y · scale + offset, column by column. */
export interface LabelScaling {
  readonly offset: readonly number[];
  readonly scale: readonly number[];
}

/** Converts raw rows to an input of a net. Plain JSON. */
export interface InputPreparation {
  /** Shape of a raw row, encoded but not scaled; rows may have any shape of that size. */
  readonly inputShape: readonly number[];
  /** The type of indices; absent for floats, in the net's dtype. */
  readonly dtype?: 'int32';
  /** Channels, height and width if rows are images, flat ones included. */
  readonly image?: readonly [channels: number, height: number, width: number];
  /** The scaling of features; absent if they are not scaled. */
  readonly x?: FeatureScaling;
  /** The names of the numbers of an encoded row. */
  readonly featureNames?: readonly string[];
  /** The encodings of the cells of a row; absent if functions of the user take part in it. */
  readonly columns?: readonly ColumnEncoding[];
  /** For windows of a time series: `columns` are then those of each time step. */
  readonly window?: WindowPreparation;
}

/** Rows of a table of time steps that make one row for the net. Plain JSON. */
export interface WindowPreparation {
  /** The number of time steps, which is the first length of `inputShape`. */
  readonly length: number;
  /** The column whose dates or numbers ascend from row to row, and the format of dates that are not ISO dates. */
  readonly order?: { readonly column: string; readonly format?: string };
}

/** The time steps and columns that the outputs forecast: step by step, all targets of a step together. Plain JSON. */
export interface ForecastPreparation {
  readonly horizon: number;
  readonly targets: readonly string[];
  /** Time steps between the window and the first step of the forecast; absent for none. */
  readonly gap?: number;
}

/** Converts an output of a net to answers. Plain JSON. */
export interface OutputPreparation {
  /** The scaling of labels; absent if they are not scaled. */
  readonly y?: LabelScaling;
  /** The names of the classes, in order of the outputs; for one output, those of 0 and of 1. */
  readonly classes?: readonly string[];
  /** For forecasts of a time series. */
  readonly forecast?: ForecastPreparation;
}

/**
 * Converts raw rows to a net's input, and its outputs to answers, as the reader did with the data that the net was trained
 * on. A net with one input and one output, which have no names, needs `inputShape`; one with names needs `inputs` and
 * `targets` instead of all other fields. Plain JSON, which is saved with the net.
 */
export interface Preparation extends Partial<InputPreparation>, OutputPreparation {
  /** By the names of inputs; one that has no name is called ''. */
  readonly inputs?: Readonly<Record<string, InputPreparation>>;
  /** By the names of outputs. */
  readonly targets?: Readonly<Record<string, OutputPreparation>>;
}

/** The preparation of a net without names. */
export type RowPreparation = Preparation & InputPreparation;

/** Whether a checked preparation is one of a net without names. */
export function isRowPreparation(preparation: Preparation): preparation is RowPreparation {
  return preparation.inputs === undefined;
}

/** A checked preparation by name: what has no name is called ''. */
export function byName(preparation: Preparation): Required<Pick<Preparation, 'inputs' | 'targets'>> {
  const { inputs, targets = {}, y, classes, forecast, ...input } = preparation;
  if (inputs) return { inputs, targets };
  return { inputs: { '': input as InputPreparation }, targets: { '': definedFields({ y, classes, forecast }) } };
}
