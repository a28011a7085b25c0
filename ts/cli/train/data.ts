import { formatOf } from '../../data/read-files.js';
import { given } from '../../given.js';
import { type CategoryEncoding, type DataFiles, DataReader, type MissingPolicy } from '../../index.js';
import { UsageError } from '../output.js';
import { pairOf } from '../values.js';
import type { TrainConfig } from './config.js';
import type { TrainFlags } from './flags.js';

const defaultSplit = 5;

/**
 * Reads the data set that flags and config mean, raw.
 * @throws UsageError for flags that do not fit the file, BlasnetError for files and cells that cannot be read
 */
export async function readDataSet(train: string, flags: TrainFlags, config: TrainConfig): Promise<DataReader> {
  const reader = new DataReader(filesOf(train, flags, config));
  await reader.readData();
  return reader;
}

/** The reader's options. */
export function filesOf(train: string, flags: TrainFlags, { reader, hyperParameters }: TrainConfig): DataFiles {
  const seed = flags.seed ?? hyperParameters.seed ?? 0;
  const { split, test, ...others } = { ...reader, ...given({ test: flags.test, split: flags.split }) };
  if (test !== undefined && flags.test !== undefined && flags.split) {
    throw new UsageError('--test and --split: one of them says what the test set is');
  }
  const k = typeof split === 'object' ? split.k : (split ?? defaultSplit);
  const splitSeed = typeof split === 'object' ? (split.seed ?? seed) : seed;
  const options: DataFiles = {
    dtype: hyperParameters.dtype ?? 'float32',
    ...others,
    train,
    ...(test === undefined ? k !== 0 && { split: { k, seed: splitSeed } } : { test }),
  };
  if ((options.format ?? formatOf(train)) !== 'csv') {
    const { dtype: _, ...rest } = options;
    requireNoCsvFlags(train, flags);
    return rest;
  }
  const csv = { ...options, ...csvOptions(flags) };
  if (csv.label === undefined) throw new UsageError(`--label <column> is needed for the CSV file '${train}'`);
  return withNamedClasses(csv, flags, hyperParameters.netType);
}

function csvOptions({ label, ignore, columns, categorical, missing, delimiter, header }: TrainFlags) {
  return given({
    label,
    ignore,
    columns,
    delimiter,
    header: header ? undefined : false,
    categorical: categorical && categoricalOf(categorical),
    missing: missing && missingOf(missing),
  });
}

function requireNoCsvFlags(train: string, flags: TrainFlags): void {
  const [name] = Object.keys(csvOptions(flags));
  if (name !== undefined) throw new UsageError(`--${name} is for CSV files, and '${train}' is taken for npz`);
}

/** A label that is to be classes is a column of names, whatever numbers stand in it. */
function withNamedClasses(options: DataFiles, { type }: TrainFlags, netType: string | undefined): DataFiles {
  const isClassifier = type === undefined ? netType !== undefined && netType !== 'fitting' : type !== 'fitting';
  const { label, categorical = {} } = options;
  const labels = Array.isArray(label) ? label : [label];
  const [name] = labels;
  if (!isClassifier || labels.length !== 1 || typeof name !== 'string' || typeof categorical === 'string')
    return options;
  return { ...options, categorical: { ...categorical, [name]: 'number' } };
}

function categoricalOf(columns: true | readonly string[]): NonNullable<DataFiles['categorical']> {
  if (columns === true) return 'oneHot';
  const entries = columns.map((column): [string, CategoryEncoding] => {
    const [name, encoding] = pairOf(column) ?? [];
    return encoding === 'number' || encoding === 'oneHot' ? [name!, encoding] : [column, 'oneHot'];
  });
  return Object.fromEntries(entries);
}

const policies = ['error', 'drop', 'mean', 'median', 'category'];

function missingOf(texts: readonly string[]): NonNullable<DataFiles['missing']> {
  const [first] = texts;
  if (texts.length === 1 && isPolicy(first!)) return policyOf(first!);
  const entries = texts.map((text) => {
    const [name, policy] = pairOf(text) ?? [];
    if (name === undefined || !isPolicy(policy!)) {
      throw new UsageError(
        `--missing: Expected ${policies.join(', ')} or a number, or name=policy, but received '${text}'`,
      );
    }
    return [name, policyOf(policy!)] as const;
  });
  return Object.fromEntries(entries);
}

const isPolicy = (text: string) => policies.includes(text) || (text.trim() !== '' && Number.isFinite(Number(text)));

const policyOf = (text: string) => (policies.includes(text) ? text : Number(text)) as MissingPolicy;
