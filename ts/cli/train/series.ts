import { definedFields } from '../../core/objects.js';
import {
  CsvColumnsError,
  type DataFiles,
  type TimeSeriesCsvOptions,
  type TimeSeriesReader,
  timeSeriesFromCsv,
} from '../../index.js';
import { UsageError } from '../output.js';
import { explainedColumns } from './column-problems.js';
import { datesOf, missingCellsOf } from './data.js';
import { seriesOptions } from './options/series.js';
import type { TrainSettings } from './settings.js';

/** Options of tables that a series has in another form, or not at all. */
const refused: Readonly<Record<string, string>> = {
  label: '--target',
  test: '--split',
  inputs: '--columns',
  embed: '--categorical',
  skipLines: 'a file without these lines',
  unknownCategory: '--ignore',
  format: 'a CSV file',
  arrays: 'a CSV file',
};

/**
 * Whether the settings are those of a time series.
 * @throws UsageError for settings of a series without a length of windows
 */
export function isSeries({ series }: TrainSettings): boolean {
  if (series.length !== undefined) return true;
  const [name] = Object.entries(series).flatMap(([key, value]) => (value === undefined ? [] : [key]));
  if (name === undefined) return false;
  const flag = seriesOptions.find(({ path }) => path === `series.${name}`)!.flags.split(' ')[0];
  throw new UsageError(`${flag} is for a time series, which --window <steps> makes of the file`);
}

/**
 * Reads a file of a time series.
 * @throws UsageError for options that a series does not have, BlasnetError for files and cells that cannot be read
 */
export async function readSeries(path: string, settings: TrainSettings): Promise<TimeSeriesReader> {
  const { series, reader, validation, scale, normalize, hyperParameters, command } = settings;
  const { length, horizon = 1, target, time, timeFormat, season: _, ...windows } = series;
  if (target === undefined) throw new UsageError('--target <columns> is needed for a time series');
  if (timeFormat !== undefined && time === undefined) throw new UsageError('--time-format needs --time <column>');
  const { netType = 'fitting', dtype } = hyperParameters;
  if (netType !== 'fitting') throw new UsageError("--type: Expected 'fitting' for a time series");
  const { split, columns, missing, dates: _dates, missingCells: _cells, ...others } = reader;
  for (const [name, instead] of Object.entries(refused)) {
    if ((others as Partial<DataFiles>)[name as keyof DataFiles] === undefined) continue;
    throw new UsageError(`--${name} is not for a time series, which needs ${instead}`);
  }
  if (missing !== undefined && missing !== 'error' && (missing as unknown) !== 'previous') {
    throw new UsageError('--missing: Expected error or previous for a time series');
  }
  const options = {
    ...others,
    ...windows,
    ...definedFields({
      features: columns,
      missing: missing as TimeSeriesCsvOptions['missing'],
      dates: datesOf(reader, command),
      missingCells: missingCellsOf(reader, command) ?? reader.missingCells,
      time: time === undefined ? undefined : { column: time, ...definedFields({ format: timeFormat }) },
      dtype,
    }),
    length: length!,
    horizon,
    target,
    test: shareOf(typeof split === 'object' ? split.k : (split ?? 0)),
    validation: shareOf(validation),
    scale: normalize === false ? false : (scale ?? 'standard'),
  } as TimeSeriesCsvOptions;
  try {
    return await timeSeriesFromCsv(path, options);
  } catch (error) {
    throw error instanceof CsvColumnsError ? explainedColumns(error, settings) : error;
  }
}

/** A share of the windows: k above 1 is 1/k of them. */
function shareOf(k: number): number {
  if (k === 1) throw new UsageError('--split and --validation: Expected parts of a time series but received all of it');
  return k < 1 ? k : 1 / k;
}
