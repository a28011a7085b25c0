import { createHash } from 'node:crypto';
import type { DataReader } from '../data/data-reader.js';
import type { Part } from '../data/part.js';
import { type ModelDescription, metadataOf } from '../model-files/description.js';
import type { Model } from '../net/model.js';
import { versions } from '../runtime/environment.js';
import type { RunSetup } from './run-setup.js';
import type { TrainOptions } from './train-options.js';

/** Texts that all ranks of a run must have alike, since each of them computes the same updates. */
export function factsOf(
  model: Model,
  reader: DataReader,
  options: TrainOptions,
  setup: Pick<RunSetup, 'fingerprint' | 'begin' | 'first' | 'restoresBest'>,
  describe: () => ModelDescription,
): Record<string, string> {
  const { theta, statistics, frozen } = model.stack.block;
  const { layers, graph, hyperParameters, preparation = 'none' } = metadataOf(describe());
  const fields = (all: object) => Object.entries(all).map(([name, value]) => [name, JSON.stringify(value)] as const);
  return {
    'version of blasnet': versions.blasnet,
    'kind of CPU': `${versions.simd}, ${versions.openblas}`,
    ...(model.params.precision === 'bfloat16' && { 'products in bfloat16': versions.bfloat16 }),
    layers: `${layers}, ${graph}`,
    preparation,
    ...Object.fromEntries(fields(JSON.parse(hyperParameters!))),
    ...Object.fromEntries(fields(setup.fingerprint)),
    'beginning of the run': `${setup.first}, ${setup.begin}`,
    restoreBest: `${setup.restoresBest}`,
    needTest: `${options.needTest ?? false}`,
    'callbacks that listen to epochs': `${options.callbacks?.some(({ onEpochEnd }) => onEpochEnd) ?? false}`,
    'weights of the net': digestOf([theta, statistics, frozen, ...model.state.arrays]),
    'training data': reader.trainingStream ? 'a stream' : digestOfPart(reader.trainingPart),
    'validation data': reader.validationPart ? digestOfPart(reader.validationPart) : 'none',
    ...(options.needTest && reader.testPart && { 'test data': digestOfPart(reader.testPart) }),
  };
}

function digestOfPart({ inputs, targets }: Part): string {
  return digestOf([...Object.values(inputs), ...Object.values(targets)]);
}

/** A checksum of all numbers. */
export function digestOf(arrays: readonly { readonly data: ArrayBufferView }[]): string {
  const hash = createHash('sha1');
  for (const { data } of arrays) hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return hash.digest('hex');
}
