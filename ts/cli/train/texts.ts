import { oneOf } from '../../core/fields.js';
import { definedFields } from '../../core/objects.js';
import { rowType } from '../../data/rows.js';
import {
  type Activation,
  EmbeddingLayer,
  GlobalAveragePool1dLayer,
  type HyperParameters,
  input,
  NeuralNet,
  SparseFullyConnectedLayer,
  TextReader,
} from '../../index.js';
import { UsageError } from '../output.js';
import type { LabelKind } from './labels.js';
import { textOptions } from './options/texts.js';
import type { TrainSettings } from './settings.js';
import { layersOfWidths, widthsOf } from './widths.js';

/** The default vocabulary of bags of words: each text takes so many numbers. */
const bagSize = 5000;
/** Numbers that stand for a token. */
const embeddingSize = 32;
/** Options of the reader that texts have, too. */
const shared = new Set(['label', 'test', 'split', 'header', 'delimiter', 'quote', 'comment', 'encoding']);

/**
 * Whether the settings are those of texts.
 * @throws UsageError for settings of texts without a column of texts
 */
export function isTexts({ texts, series }: TrainSettings): boolean {
  if (texts.column !== undefined && series.length === undefined) return true;
  if (texts.column !== undefined) throw new UsageError('--text and --window: Expected one of them but received both');
  const [name] = Object.entries(texts).flatMap(([key, value]) => (value === undefined ? [] : [key]));
  if (name === undefined) return false;
  const flag = textOptions.find(({ path }) => path === `texts.${name}`)?.flags.split(' ')[0] ?? `texts.${name}`;
  throw new UsageError(`${flag} is for texts, whose column --text <column> names`);
}

/**
 * Reads a file of texts and their classes.
 * @throws UsageError for options that texts do not have, BlasnetError for files that cannot be read
 */
export async function readTextFile(path: string, settings: TrainSettings): Promise<TextReader> {
  const { reader, texts, validation, hyperParameters, scale, normalize } = settings;
  const { seed = 0, netType } = hyperParameters;
  for (const [name, value] of Object.entries(reader)) {
    if (value !== undefined && !shared.has(name)) throw new UsageError(`--${name} is not for texts`);
  }
  if (scale !== undefined || normalize !== undefined)
    throw new UsageError('--scale and --no-normalize are not for texts');
  const { label, test, split, header, delimiter, quote, comment, encoding } = reader;
  const [labelName, other] = Array.isArray(label) ? label : [label];
  if (other !== undefined) throw new UsageError('--label: Expected one column of classes for texts');
  if (netType === 'fitting') throw new UsageError('--type: Expected binary or multiple for texts');
  const { column, ...options } = texts;
  const { features = 'bag', vocabularySize = features === 'bag' ? bagSize : undefined } = options;
  oneOf('texts.features', ['tokens', 'bag', 'pairs'], features);
  if (options.maxLength !== undefined && features === 'bag') {
    throw new UsageError('--max-length needs --embedding or --sparse');
  }
  const shares = { split: typeof split === 'object' ? split.k : split, validation };
  const made = new TextReader({
    ...options,
    features,
    ...definedFields({
      vocabularySize,
      ...{ test, header, delimiter, quote, comment, encoding, label: labelName },
      split: shares.split || undefined,
      validation: shares.validation || undefined,
      labels: netType === 'multipleClassifier' ? ('oneHot' as const) : netType && ('binary' as const),
    }),
    train: path,
    text: column,
    seed: typeof split === 'object' ? (split.seed ?? seed) : seed,
  });
  await made.readData();
  return made;
}

/** The task that follows from the classes. */
export function textKind({ classNames }: TextReader, wanted: LabelKind['netType'] | undefined): LabelKind {
  const netType = wanted ?? (classNames.length === 2 ? 'binaryClassifier' : 'multipleClassifier');
  const reason = wanted === undefined ? { reason: `${classNames.length} names` } : {};
  return { netType, names: classNames, base: 0, ...reason };
}

/** A net whose first layer takes the numbers and the weights of the words of a text. */
function sparseNet(
  params: HyperParameters,
  name: string,
  reader: TextReader,
  list: string,
  activation: Activation,
): NeuralNet {
  const { words, weights } = reader.trainingLike.inputs;
  const count = reader.tokenCount;
  const inputs = [
    input(words!.rowShape, { name: 'words', dtype: 'int32' }),
    input(weights!.rowShape, { name: 'weights' }),
  ];
  const widths = widthsOf(list, count, reader.yTrain.rowSize);
  const [first, ...behind] = layersOfWidths(params, widths, activation);
  let node = new SparseFullyConnectedLayer(count, widths[1]!).apply(inputs, first![1]);
  for (const [layer, layerName] of behind) node = layer.apply(node, layerName);
  return NeuralNet.fromGraph({ inputs, outputs: [node] }, params, name);
}

/** A net for texts: their bags of words, or the mean of the embeddings of their tokens, and fully connected layers behind. */
export function textNet(
  params: HyperParameters,
  name: string,
  reader: TextReader,
  list: string,
  activation: Activation,
): NeuralNet {
  const rows = reader.trainingLike.inputs[''];
  if (!rows) return sparseNet(params, name, reader, list, activation);
  const net = new NeuralNet(params, name);
  const isBag = rowType(rows) !== 'int32';
  if (!isBag) {
    net.addLayer(new EmbeddingLayer(reader.tokenCount, embeddingSize, { maskZero: true }), 'embedding');
    net.addLayer(new GlobalAveragePool1dLayer(), 'mean');
  }
  const widths = widthsOf(list, isBag ? rows.rowShape[0]! : embeddingSize, reader.yTrain.rowSize);
  for (const [layer, layerName] of layersOfWidths(params, widths, activation)) net.addLayer(layer, layerName);
  return net;
}
