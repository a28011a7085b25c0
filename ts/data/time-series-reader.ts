import { badArgument } from '../core/errors.js';
import { checkOptions, oneOf } from '../core/fields.js';
import type { NetType } from '../core/net-type.js';
import { definedFields } from '../core/objects.js';
import { Tensor } from '../tensor/tensor.js';
import { DataReader } from './data-reader.js';
import type { SetName } from './part.js';
import type { Preparation } from './preparation/preparation.js';
import type { ScalingOptions } from './scaling-options.js';
import type { WindowSettings } from './series/check-window-options.js';
import type { ReaderSeries } from './series/reader-series.js';
import { type CutSeries, WindowSet } from './series/window-set.js';
import { splitWindows } from './series/window-split.js';
import type { TargetKind } from './target-kinds.js';

/** Which forecasts `naiveForecast` makes. */
export interface NaiveOptions {
  /** Default: 'test'. */
  readonly set?: SetName | undefined;
  /** Time steps of a season; default 1: the last value of the window. */
  readonly season?: number | undefined;
}

/**
 * Windows of time series, which `timeSeriesWindows` and `timeSeriesFromCsv` make. Rows are x of shape [length, features] and y
 * of horizon · targets numbers, step by step: all targets of the first step that is forecast, then those of the next.
 * Validation and test set are the last windows in time; the scaling of columns is computed from the time before them. With the
 * reader's `preparation`, which `net.train` hands to the net, `net.predict` takes windows of raw numbers and answers in the
 * units of the targets.
 */
export class TimeSeriesReader extends DataReader {
  readonly #given: ReaderSeries;
  #settings: WindowSettings;

  /** For `timeSeriesWindows` and `timeSeriesFromCsv`. */
  constructor(given: ReaderSeries, settings: WindowSettings) {
    super();
    this.#given = given;
    this.#settings = settings;
    this.#cut(settings);
  }

  /** The names of the columns that are forecast; their indexes where they have none. */
  get targetNames(): readonly string[] {
    return this.#given.targetNames;
  }

  /** Cuts the series into windows and sets, and scales them. */
  #cut(settings: WindowSettings): void {
    const { sizes, scale } = settings;
    const cut = this.#given.series.map(({ name, features, targets }): CutSeries => {
      return { features, targets, starts: splitWindows(features.rows, sizes, settings, name) };
    });
    for (const set of ['test', 'validation'] as const) {
      if (settings[set] > 0 && cut.every(({ starts }) => starts[set].length === 0)) {
        throw badArgument(set, 'a share with at least one window', settings[set]);
      }
    }
    const set = new WindowSet(cut, sizes);
    this.useSet(set);
    if (scale !== false) {
      this.normalizeX({ method: scale });
      this.normalizeY('fitting', 0, { method: scale });
    }
    set.isTouched = false;
    this.#settings = settings;
  }

  /**
   * Scales the features, each column of the series by itself. The reader does so itself, unless its option `scale` is false.
   * @param options - default: 'standard', by the time steps of the training windows
   */
  override normalizeX(options: ScalingOptions = {}): void {
    checkOptions(options, ['method', 'fitOn']);
    super.normalizeX({ method: options.method ?? 'standard', fitOn: options.fitOn ?? 'train' });
  }

  /**
   * Converts the labels, as that of `DataReader`; scaling for 'fitting' is by default 'standard', by the time steps of the
   * training windows.
   */
  override normalizeY(
    netType: TargetKind | Readonly<Record<string, TargetKind>>,
    base = 0,
    options?: ScalingOptions,
  ): void {
    if ((netType as NetType) !== 'fitting') {
      super.normalizeY(netType, base, options);
      return;
    }
    checkOptions(options ?? {}, ['method', 'fitOn']);
    const { method = 'standard', fitOn = 'train' } = options ?? {};
    super.normalizeY(netType, base, { method, fitOn });
  }

  /**
   * Makes the last windows of each series the test set. Windows before them whose targets reach into the time that the test
   * set forecasts are dropped. Scaling is computed anew. Call it before all that changes the rows.
   * @param k - above 1 a divisor: 5, the default, takes a fifth; below 1 a share: 0.2 takes a fifth, too
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for another number, for a reader with a test set, and after other changes
   */
  override splitTestSet(k = 5): void {
    this.#take('splitTestSet', 'test', k);
  }

  /**
   * Makes the last training windows of each series the validation set. Windows before them whose targets reach into the time
   * that the validation set forecasts are dropped. Scaling is computed anew. Call it before all that changes the rows.
   * @param k - above 1 a divisor: 10, the default, takes a tenth; below 1 a share: 0.1 takes a tenth, too
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for another number, for a reader with a validation set, and after other changes
   */
  override generateValidationSet(k = 10): void {
    this.#take('generateValidationSet', 'validation', k);
  }

  #take(call: string, set: 'test' | 'validation', k: number): void {
    if (this.#settings[set] > 0) throw badArgument(call, `a reader without a ${set} set`, 'one that has it');
    if ((this.set as WindowSet).isTouched) {
      throw badArgument(call, 'to come before shuffling and other changes of the rows', 'it after that');
    }
    if (!(typeof k === 'number' && Number.isFinite(k) && k > 0 && k !== 1)) {
      throw badArgument('k', 'a share such as 0.2, or a divisor above 1 such as 5,', k);
    }
    this.#cut({ ...this.#settings, [set]: k < 1 ? k : 1 / k });
  }

  /**
   * Forecasts without a net, in the units of the targets: the value of the target one season before, or of the last season
   * before the end of the window. A net's forecasts are compared with it.
   * @returns windows × (horizon · targets), in the order of the set's rows
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for a set that the reader does not have, and where a season begins before the series
   * @example
   * ```ts
   * import { timeSeriesWindows } from 'blasnet';
   *
   * const reader = timeSeriesWindows([1, 2, 1, 2, 1, 2, 1, 2, 1, 2], { length: 2, horizon: 2, test: 1 });
   * reader.naiveForecast({ season: 2 }).toArray(); // → [ [ 1, 2 ] ]
   * reader.naiveForecast().toArray(); // → [ [ 2, 2 ] ]
   * ```
   */
  naiveForecast(options: NaiveOptions = {}): Tensor {
    checkOptions(options, ['set', 'season']);
    const { set = 'test', season = 1 } = options;
    oneOf('set', ['train', 'test', 'validation'], set);
    if (!Number.isSafeInteger(season) || season < 1) throw badArgument('season', 'a whole number above 0', season);
    const { sizes } = this.#settings;
    const forecasts: number[] = [];
    for (const { name, features, targets } of this.#given.series) {
      const { rowSize, data } = targets;
      const starts = splitWindows(features.rows, sizes, this.#settings, name)[set];
      for (const start of starts) {
        const end = start + sizes.length;
        for (let step = 0; step < sizes.horizon; step++) {
          const time = end + sizes.gap + step;
          const known = time - season * Math.ceil((time - end + 1) / season);
          if (known < 0) throw badArgument('season', `at most ${end} time steps, for the first forecast,`, season);
          for (let i = 0; i < rowSize; i++) forecasts.push(data[known * rowSize + i]!);
        }
      }
    }
    const width = sizes.horizon * this.#given.series[0]!.targets.rowSize;
    if (forecasts.length === 0) throw badArgument('naiveForecast', `a reader with a ${set} set`, 'one without');
    return Tensor.from(Float64Array.from(forecasts), [forecasts.length / width, width]);
  }

  override get preparation(): Preparation {
    const { columns, order, targetNames } = this.#given;
    const { length, horizon, gap } = this.#settings.sizes;
    return {
      ...super.preparation,
      ...definedFields({ columns }),
      window: { length, ...definedFields({ order }) },
      forecast: { horizon, targets: targetNames, ...definedFields({ gap: gap || undefined }) },
    };
  }
}
