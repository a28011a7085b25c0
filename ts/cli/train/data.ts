import { definedFields } from '../../core/objects.js';
import { csvOptionsIn } from '../../data/csv/check-options.js';
import { MISSING_CELLS } from '../../data/csv/columns.js';
import { formatOf } from '../../data/read-files.js';
import { CsvColumnsError, type DataFiles, DataReader } from '../../index.js';
import { sayOnce, UsageError } from '../output.js';
import { explainedColumns } from './column-problems.js';
import { dataOptions } from './options/data.js';
import type { TrainSettings } from './settings.js';

/**
 * Reads the data set, raw.
 * @throws UsageError for options that do not fit the file, BlasnetError for files and cells that cannot be read
 */
export async function readDataSet(train: string, settings: TrainSettings): Promise<DataReader> {
  const reader = new DataReader(filesOf(train, settings));
  try {
    await reader.readData();
  } catch (error) {
    throw error instanceof CsvColumnsError ? explainedColumns(error, settings) : error;
  }
  for (const note of reader.notes) sayOnce(note);
  return reader;
}

/** Returns the reader's options. */
function filesOf(train: string, { reader, hyperParameters, command }: TrainSettings): DataFiles {
  const { seed = 0, dtype = 'float32', netType } = hyperParameters;
  const { split, ...others } = reader;
  const k = typeof split === 'object' ? split.k : split;
  const files: DataFiles = {
    ...others,
    train,
    ...definedFields({ dates: datesOf(reader, command), missingCells: missingCellsOf(reader, command) }),
    ...(k !== undefined && k !== 0 && { split: { seed, ...(typeof split === 'object' ? split : { k }) } }),
  };
  if ((files.format ?? formatOf(train)) !== 'csv') {
    const [name] = csvOptionsIn(files);
    if (name !== undefined) throw new UsageError(`${flagOf(name)} is for CSV files, but '${train}' is read as npz`);
    return files;
  }
  if (files.label === undefined) throw new UsageError(`--label <column> is needed for the CSV file '${train}'`);
  return withNamedClasses({ dtype, ...files }, netType);
}

/** The columns of dates, with the formats that stand in an option of their own. */
export function datesOf(
  { dates }: TrainSettings['reader'],
  { dateFormats }: TrainSettings['command'],
): DataFiles['dates'] {
  if (!dateFormats) return dates;
  const entries = Object.entries(dateFormats).map(([name, format]) => {
    const parts = dates && Object.hasOwn(dates, name) ? dates[name] : undefined;
    if (parts === undefined) {
      throw new UsageError(`--date-format: Expected a column that --date names but received '${name}'`);
    }
    return [name, { ...(typeof parts === 'object' && 'parts' in parts ? parts : { parts }), format }] as const;
  });
  return { ...dates, ...Object.fromEntries(entries) };
}

export function missingCellsOf(
  { missingCells = MISSING_CELLS }: TrainSettings['reader'],
  command: TrainSettings['command'],
): DataFiles['missingCells'] {
  return command.missingCells && [...missingCells, ...command.missingCells];
}

/** The option of the command line that sets an option of the reader. */
function flagOf(name: string): string {
  const option = dataOptions.find(({ path }) => path === `reader.${name}`);
  return option ? option.flags.match(/--[a-z-]+/)![0] : `reader.${name}`;
}

/** Makes a label that is to be classes a column of names, even if its cells are numbers. */
function withNamedClasses(files: DataFiles, netType: string | undefined): DataFiles {
  const isClassifier = netType !== undefined && netType !== 'fitting';
  const { label, categorical = {} } = files;
  const labels = Array.isArray(label) ? label : [label];
  const [name] = labels;
  if (!isClassifier || labels.length !== 1 || typeof name !== 'string' || typeof categorical === 'string') return files;
  return { ...files, categorical: { ...categorical, [name]: 'number' } };
}
