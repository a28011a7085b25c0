import { badArgument } from '../core/errors.js';
import { checkOptions } from '../core/fields.js';
import type { ColumnEncoding } from './preparation/column-encoding.js';
import { requireLong, windowOptionNames, windowSettings } from './series/check-window-options.js';
import { columnsNamed, knownSeries, takeColumns } from './series/known-series.js';
import type { TimeSeries, TimeSeriesOptions } from './time-series-options.js';
import { TimeSeriesReader } from './time-series-reader.js';

/**
 * Makes rows of a time series: windows of `length` time steps as x [length, features], and the `horizon` time steps behind each
 * as y (horizon · targets numbers, step by step), in order of time. Validation and test set are the last windows; windows
 * whose targets reach into the time that a later set forecasts are dropped; columns are scaled by the time of the training
 * windows alone.
 * @param series - one series, or a list of several: windows never cross from one to another
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for an unknown column or option, `ERR_SHAPE_MISMATCH` for a series that holds no
 *   window and for series of different columns, `ERR_NOT_FINITE` for NaN and infinity
 * @example
 * ```ts
 * import { FlattenLayer, FullyConnectedLayer, HyperParameters, NeuralNet, timeSeriesWindows } from 'blasnet';
 *
 * const hours = Array.from({ length: 400 }, (_, i) => i);
 * const load = hours.map((hour) => 50 + 10 * Math.sin(hour / 4));
 * const temperature = hours.map((hour) => 20 + Math.cos(hour / 4));
 * const reader = timeSeriesWindows({ load, temperature }, { length: 24, horizon: 6, target: 'load', test: 0.2, validation: 0.1 });
 * reader.xTrain.shape.slice(1); // → [ 24, 2 ]
 *
 * const net = new NeuralNet(new HyperParameters({ netType: 'fitting', optimizer: 'adam', maxEpoch: 5 }), 'load');
 * net.addLayer(new FlattenLayer()).addLayer(new FullyConnectedLayer(6));
 * await net.train(reader);
 * const last = { load: load.slice(-24), temperature: temperature.slice(-24) };
 * (await net.predict(last)).outputs.shape; // → [ 1, 6 ]
 * ```
 */
export function timeSeriesWindows(
  series: TimeSeries | readonly TimeSeries[],
  options: TimeSeriesOptions,
): TimeSeriesReader {
  checkOptions(options, [...windowOptionNames, 'names', 'dtype']);
  const settings = windowSettings(options);
  const { names: given, dtype, target, features } = options;
  if (dtype !== undefined && dtype !== 'float32' && dtype !== 'float64') {
    throw badArgument('dtype', "'float32' or 'float64'", dtype);
  }
  if (given !== undefined && !(Array.isArray(given) && given.every((name) => typeof name === 'string'))) {
    throw badArgument('names', 'a list of strings', given);
  }
  const { tensors, names } = knownSeries(series, given, dtype);
  const count = tensors[0]!.rowSize;
  if (target === undefined && count !== 1) {
    throw badArgument('target', `the columns to forecast, for series of ${count} columns,`, target);
  }
  const targets = columnsNamed('target', target ?? 0, count, names);
  const columns =
    features === undefined
      ? Array.from({ length: count }, (_, i) => i)
      : columnsNamed('features', listOf(features), count, names);
  for (const [i, { rows }] of tensors.entries()) {
    requireLong(tensors.length === 1 ? 'series' : `series ${i}`, rows, settings.sizes);
  }
  return new TimeSeriesReader(
    {
      series: tensors.map((tensor, i) => ({
        name: tensors.length === 1 ? 'the series' : `series ${i}`,
        features: takeColumns(tensor, columns),
        targets: takeColumns(tensor, targets),
      })),
      targetNames: targets.map((column) => names?.[column] ?? String(column)),
      columns: names && columns.map((column) => numberColumn(names[column]!)),
    },
    settings,
  );
}

function listOf<Column>(features: readonly Column[]): readonly Column[] {
  if (!Array.isArray(features)) throw badArgument('features', 'a list of columns', features);
  return features;
}

const numberColumn = (name: string): ColumnEncoding => ({ name, encoding: 'none', missingCells: [], missing: 'error' });
