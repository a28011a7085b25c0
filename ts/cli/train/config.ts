import { BlasnetError, badArgument, placed } from '../../core/errors.js';
import { type Fields, fieldsOf } from '../../core/fields.js';
import { badFile, readFileBytes } from '../../core/files.js';
import { csvOptionNames } from '../../data/csv/check-options.js';
import type { LayerConfig } from '../../index.js';
import type { ConfigLayer, SettingOption } from './settings.js';

/** Options of the reader that are plain JSON. */
const readerFields = [
  ...csvOptionNames.filter((name) => name !== 'transform' && name !== 'derive'),
  ...['format', 'arrays', 'test', 'split'],
];
const trainingFields = ['checkpoint', 'shuffle', 'restoreBest', 'shards'];
const seriesFields = ['length', 'horizon', 'target', 'stride', 'gap', 'time', 'timeFormat', 'sort', 'season'];
const textFields = [
  ...['column', 'features', 'tokenizer', 'lowerCase', 'locale', 'vocabularySize', 'minCount', 'maxLength', 'keep'],
];

/**
 * Reads the settings of a file for `--config`. The contents of `reader`, `layers` and `hyperParameters` are checked where
 * they are used.
 * @param options - those of the command line: each whose setting is no section's field is a field of the file
 * @throws BlasnetError `ERR_BAD_FILE` for a file that is missing or no JSON, and for fields that are unknown or wrong
 */
export async function readConfig(path: string | undefined, options: readonly SettingOption[]): Promise<Fields> {
  if (path === undefined) return {};
  const text = new TextDecoder().decode(await readFileBytes(path, 'JSON'));
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw badFile(`'${path}'`, 'JSON', (cause as Error).message, cause);
  }
  try {
    return configOf(value, options);
  } catch (cause) {
    if (!(cause instanceof BlasnetError)) throw cause;
    throw placed(cause, `'${path}'`);
  }
}

function configOf(value: unknown, options: readonly SettingOption[]): Fields {
  const own = options.filter(({ path }) => !path.includes('.'));
  const plain = ['layers', 'outputs', 'hyperParameters', 'training', 'series', 'texts'];
  const known = ['reader', ...own.map(({ path }) => path), ...plain];
  const fields = fieldsOf('the config', value, known);
  for (const option of own) if (fields[option.path] !== undefined) requireValue(option, fields[option.path]);
  if (fields.net !== undefined && fields.layers !== undefined) {
    throw badArgument('net and layers', 'one of them', 'both');
  }
  if (fields.outputs !== undefined && fields.layers === undefined) {
    throw badArgument('layers', 'a list of layers, since there are outputs,', fields.layers);
  }
  return {
    ...fields,
    reader: fieldsOf('reader', fields.reader ?? {}, readerFields),
    hyperParameters: fieldsOf('hyperParameters', fields.hyperParameters ?? {}),
    training: fieldsOf('training', fields.training ?? {}, trainingFields),
    series: fieldsOf('series', fields.series ?? {}, seriesFields),
    texts: fieldsOf('texts', fields.texts ?? {}, textFields),
    ...(fields.layers !== undefined && { layers: layersOf(fields.layers) }),
    ...(fields.outputs !== undefined && { outputs: outputsOf(fields.outputs) }),
  };
}

/** Checks a value as its option's text would be. */
function requireValue({ path, flags, parse }: SettingOption, value: unknown): void {
  if (!flags.includes('<')) {
    if (typeof value !== 'boolean') throw badArgument(path, 'true or false', value);
  } else if (!parse) {
    if (typeof value !== 'string') throw badArgument(path, 'a string', value);
  } else if (parsedBy(parse, path, value) !== value) {
    throw badArgument(path, 'a number', value);
  }
}

function parsedBy(parse: (text: string) => unknown, path: string, value: unknown): unknown {
  try {
    return parse(String(value));
  } catch (error) {
    // Commander's error for a text that does not fit: "Expected …; hint".
    const [expected, hint] = (error as Error).message.replace(/^Expected /, '').split('; ');
    throw badArgument(path, expected!, value, hint);
  }
}

/** Layers as `{ name, config, inputs }`, as `{ name, layer, inputs }` or as configs alone, which may have a list `inputs`, too. */
function layersOf(value: unknown): readonly ConfigLayer[] {
  if (!Array.isArray(value) || value.length === 0) throw badArgument('layers', 'a list of layers', value);
  return value.map((entry: unknown, i): ConfigLayer => {
    const place = `layers[${i}]`;
    const given = fieldsOf(place, entry);
    if (typeof given.type === 'string') {
      const { inputs, ...config } = given;
      // A number is a size of the layer.
      if (!Array.isArray(inputs)) return { config: given as LayerConfig };
      return { config: config as LayerConfig, inputs: namesOf(`${place}.inputs`, inputs) };
    }
    const { name, config, layer, inputs } = fieldsOf(place, entry, ['name', 'config', 'layer', 'inputs']);
    if (name !== undefined && typeof name !== 'string') throw badArgument(`${place}.name`, 'a string', name);
    const own = {
      ...(name !== undefined && { name }),
      ...(inputs !== undefined && { inputs: namesOf(`${place}.inputs`, inputs) }),
    };
    if (layer !== undefined) {
      if (typeof layer !== 'string') throw badArgument(`${place}.layer`, 'the name of a layer', layer);
      if (config !== undefined) throw badArgument(`layer and config of ${place}`, 'one of them', 'both');
      return { ...own, layer };
    }
    const checked = fieldsOf(`${place}.config`, config);
    if (typeof checked.type !== 'string') throw badArgument(place, 'a type', checked.type);
    return { ...own, config: checked as LayerConfig };
  });
}

/** The outputs of a graph: the data has the labels of one. */
function outputsOf(value: unknown): readonly string[] {
  const names = namesOf('outputs', value);
  if (names.length > 1) throw badArgument('outputs', 'the name of one layer', `${names.length} names`);
  return names;
}

function namesOf(name: string, value: unknown): readonly string[] {
  const isList = Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'string');
  if (!isList) throw badArgument(name, 'a list of names', value);
  return value as string[];
}
