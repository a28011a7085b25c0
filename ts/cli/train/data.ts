import { csvOptionsIn } from '../../data/csv/check-options.js';
import { formatOf } from '../../data/read-files.js';
import { type DataFiles, DataReader } from '../../index.js';
import { UsageError } from '../output.js';
import type { TrainSettings } from './settings.js';

/**
 * Reads the data set, raw.
 * @throws UsageError for options that do not fit the file, BlasnetError for files and cells that cannot be read
 */
export async function readDataSet(train: string, settings: TrainSettings): Promise<DataReader> {
  const reader = new DataReader(filesOf(train, settings));
  await reader.readData();
  return reader;
}

/** Returns the reader's options. */
export function filesOf(train: string, { reader, hyperParameters }: TrainSettings): DataFiles {
  const { seed = 0, dtype = 'float32', netType } = hyperParameters;
  const { split, ...others } = reader;
  const k = typeof split === 'object' ? split.k : split;
  const files: DataFiles = {
    ...others,
    train,
    ...(k !== undefined && k !== 0 && { split: { seed, ...(typeof split === 'object' ? split : { k }) } }),
  };
  if ((files.format ?? formatOf(train)) !== 'csv') {
    const [name] = csvOptionsIn(files);
    if (name !== undefined) throw new UsageError(`--${name} is for CSV files, but '${train}' is read as npz`);
    return files;
  }
  if (files.label === undefined) throw new UsageError(`--label <column> is needed for the CSV file '${train}'`);
  return withNamedClasses({ dtype, ...files }, netType);
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
