import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  ActivationLayer,
  BatchNormLayer,
  ClassificationLayer,
  ConvLayer,
  DropoutLayer,
  FlattenLayer,
  FullyConnectedLayer,
  HyperParameters,
  MaxPoolLayer,
  NeuralNet,
} from 'blasnet';
import { crc32 } from '#blasnet/core/crc32';
import { signHeader } from '#blasnet/safetensors/checksums';
import { fittingNet, fittingReader } from '../../support/nets.js';
import type { Dice } from '../dice.js';
import { editJson } from '../edit-json.js';
import type { Format } from '../format.js';
import { predictWith } from '../predict.js';
import { editHeader, takenApart } from './safetensors.js';

const texts = ['layers', 'layers', 'hyperParameters', 'preparation', 'training', 'training', 'checksums', 'checksum'];

const manyLayers = (dice: Dice) =>
  Array.from({ length: dice.size(20_000) }, (_, i) => ({ name: `${i}`, config: { type: 'FlattenLayer' } }));

/** A change to one of the texts that describe a net, within its JSON mostly. */
function editDescription(header: Record<string, unknown>, dice: Dice): void {
  const metadata = header.__metadata__ as Record<string, unknown> | undefined;
  const key = dice.pick(texts);
  const text = metadata?.[key];
  if (!metadata || typeof text !== 'string' || dice.once(8)) {
    editJson(header, dice);
    return;
  }
  if (dice.once(20)) delete metadata.checksums;
  if (dice.once(20)) {
    delete metadata.checksum;
    metadata.formatVersion = '1'; // which has none
  }
  try {
    const root = { value: JSON.parse(text) };
    if (key === 'layers' && dice.once(10)) root.value = manyLayers(dice);
    else editJson(root, dice);
    if (key !== 'checksums' || metadata.checksums !== undefined) metadata[key] = JSON.stringify(root.value) ?? '';
  } catch {
    metadata[key] = text.slice(1);
  }
}

/** Other numbers under the right checksums. */
function editNumbers(bytes: Uint8Array, dice: Dice): Uint8Array {
  const parts = takenApart(bytes);
  if (!parts || parts.data.length < 4) return bytes;
  const { data } = parts;
  for (let i = 0; i < 4; i++)
    data.set(
      dice.pick([
        [0, 0, 192, 127],
        [255, 255, 127, 127],
        [0, 0, 0, 0],
      ]),
      4 * dice.below(Math.floor(data.length / 4)),
    );
  return editHeader(bytes, dice, (header) => {
    const metadata = header.__metadata__ as Record<string, unknown> | undefined;
    if (!metadata) return;
    const sums = Object.entries(header).flatMap(([name, entry]) => {
      const offsets = (entry as { data_offsets?: unknown } | null)?.data_offsets;
      if (name === '__metadata__' || !Array.isArray(offsets)) return [];
      const [begin, end] = offsets.map((offset) => (typeof offset === 'number' ? offset : 0));
      const sum = crc32(data.subarray(begin, end));
      return [[name, sum.toString(16).padStart(8, '0')]];
    });
    metadata.checksums = JSON.stringify(Object.fromEntries(sums));
  });
}

/** The same file with the right checksum of its header, so that what was changed in it is read at all. */
async function signedAgain(bytes: Uint8Array): Promise<Uint8Array> {
  if (bytes.length < 8) return bytes;
  const signed = Buffer.from(bytes);
  const end = 8 + Number(signed.readBigUInt64LE());
  if (end <= signed.length) await signHeader(signed.subarray(0, end));
  return signed;
}

async function edit(bytes: Uint8Array, dice: Dice): Promise<Uint8Array> {
  const edited = dice.once(6)
    ? editNumbers(bytes, dice)
    : editHeader(bytes, dice, (header) => editDescription(header, dice));
  return dice.once(20) ? edited : signedAgain(edited);
}

function imageNet(): NeuralNet {
  const params = new HyperParameters({
    netType: 'multipleClassifier',
    optimizer: { name: 'adam', beta1: 0.8 },
    seed: 1,
  });
  return new NeuralNet(params, 'images')
    .addLayer(new ConvLayer({ inputShape: [1, 6, 6], filters: 2, kernelSize: 3, padding: 'same' }), 'conv')
    .addLayer(new ActivationLayer('relu'), 'relu')
    .addLayer(new MaxPoolLayer({ inputShape: [2, 6, 6], poolSize: 2 }), 'pool')
    .addLayer(new FlattenLayer(), 'flat')
    .addLayer(new BatchNormLayer(18), 'norm')
    .addLayer(new DropoutLayer(0.5), 'drop')
    .addLayer(new FullyConnectedLayer(18, 3), 'fc')
    .addLayer(new ClassificationLayer('softmax'), 'softmax');
}

/** Nets as `save` and checkpoints of training have them. */
async function corpus(folder: string): Promise<Uint8Array[]> {
  const file = (name: string) => join(folder, `corpus-${name}`);
  await imageNet().save(file('images'));
  for (const [name, optimizer] of [
    ['sgd', 'sgd'],
    ['adam', 'adamW'],
  ] as const) {
    const reader = fittingReader(30, 3);
    reader.normalizeX();
    reader.generateValidationSet(3);
    const regularizer = { method: 'earlyStop', value: 2 } as const;
    const schedule = { kind: 'reduceOnPlateau' } as const;
    const net = fittingNet([3, 4, 1], { optimizer, maxEpoch: 3, regularizer, learningRateSchedule: schedule });
    await net.train(reader, { checkpointFile: file(name) });
  }
  return Promise.all(['images', 'sgd', 'adam'].map((name) => readFile(file(name))));
}

const shared = {
  file: 'input.safetensors',
  codes: ['ERR_BAD_FILE'],
  corpus,
  edit,
} as const;

export const load: Format = {
  ...shared,
  async read(path) {
    await predictWith(await NeuralNet.load(path));
  },
};

export const resume: Format = {
  ...shared,
  async read(path) {
    await predictWith(await NeuralNet.resume(path));
  },
};
