import { BlasnetError, badArgument } from '../../errors.js';
import { fieldsOf } from '../../fields.js';
import { badFile, readFileBytes } from '../../files.js';
import type { DataFiles, HyperParameterOptions, LayerConfig, TrainOptions } from '../../index.js';

/** A layer as a saved model describes it; sizes that follow from the layers before it may be left out. */
export interface LayerEntry {
  readonly name?: string;
  readonly config: LayerConfig;
}

/** What a file for `--config` may hold. */
export interface TrainConfig {
  /** Options of `DataReader` that are plain JSON, `test` and `split` included. */
  readonly reader: Partial<DataFiles>;
  /** A k-th of the training rows is for validation; 0: none. */
  readonly validation?: number;
  readonly normalize?: boolean;
  /** Widths, as for `--net`, or layers. */
  readonly net?: string;
  readonly activation?: string;
  readonly layers?: readonly LayerEntry[];
  readonly hyperParameters: Partial<HyperParameterOptions>;
  readonly training: Pick<TrainOptions, 'checkpoint' | 'shuffle'>;
}

const readerFields = [
  ...['label', 'columns', 'ignore', 'header', 'delimiter', 'quote', 'comment', 'skipLines', 'categorical'],
  ...['unknownCategory', 'missingCells', 'missing', 'dtype', 'format', 'arrays', 'test', 'split'],
];

/**
 * Reads a file for `--config`. What is in `reader`, `layers` and `hyperParameters` is checked where it is used.
 * @throws BlasnetError `ERR_BAD_FILE` for a file that is missing, no JSON, or has fields that nobody knows
 */
export async function readConfig(path: string | undefined): Promise<TrainConfig> {
  if (path === undefined) return { reader: {}, hyperParameters: {}, training: {} };
  const text = new TextDecoder().decode(await readFileBytes(path, 'JSON'));
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw badFile(`'${path}'`, 'JSON', (cause as Error).message, cause);
  }
  try {
    return configOf(value);
  } catch (cause) {
    if (!(cause instanceof BlasnetError)) throw cause;
    throw new BlasnetError('ERR_BAD_FILE', `${cause.message} in '${path}'`, { cause });
  }
}

function configOf(value: unknown): TrainConfig {
  const known = ['reader', 'validation', 'normalize', 'net', 'activation', 'layers', 'hyperParameters', 'training'];
  const fields = fieldsOf('the config', value, known);
  const { validation, normalize, net, activation, layers } = fields;
  if (validation !== undefined && !(Number.isSafeInteger(validation) && (validation as number) >= 0)) {
    throw badArgument('validation', 'a whole number from 0 on', validation);
  }
  if (normalize !== undefined && typeof normalize !== 'boolean')
    throw badArgument('normalize', 'true or false', normalize);
  for (const [name, text] of Object.entries({ net, activation })) {
    if (text !== undefined && typeof text !== 'string') throw badArgument(name, 'a string', text);
  }
  if (net !== undefined && layers !== undefined) throw badArgument('net and layers', 'one of them', 'both');
  return {
    ...(fields as Partial<TrainConfig>),
    reader: fieldsOf('reader', fields.reader ?? {}, readerFields),
    hyperParameters: fieldsOf('hyperParameters', fields.hyperParameters ?? {}),
    training: fieldsOf('training', fields.training ?? {}, ['checkpoint', 'shuffle']),
    ...(layers !== undefined && { layers: layersOf(layers) }),
  };
}

/** Layers as `{ name, config }`, or as configs alone. */
function layersOf(value: unknown): readonly LayerEntry[] {
  if (!Array.isArray(value) || value.length === 0) throw badArgument('layers', 'a list of layers', value);
  return value.map((entry: unknown, i) => {
    const fields = fieldsOf(`layers[${i}]`, entry);
    if (typeof fields.type === 'string') return { config: fields as LayerConfig };
    const { name, config } = fieldsOf(`layers[${i}]`, entry, ['name', 'config']);
    if (name !== undefined && typeof name !== 'string') throw badArgument(`layers[${i}].name`, 'a string', name);
    const checked = fieldsOf(`layers[${i}].config`, config);
    if (typeof checked.type !== 'string') throw badArgument(`layers[${i}]`, 'a type', checked.type);
    return { ...(name !== undefined && { name }), config: checked as LayerConfig };
  });
}
