import { readdir, readFile } from 'node:fs/promises';
import { NeuralNet } from 'blasnet';
import type { ModelMessage } from '#blasnet/onnx/messages';
import { modelCodec } from '#blasnet/onnx/schema';
import { graphModels } from '../../onnx/graph-models.js';
import { modelOf, tensor } from '../../onnx/models.js';
import { randomDag } from '../../onnx/random-dags.js';
import { write } from '../../support/files.js';
import type { Dice } from '../dice.js';
import { editBytes } from '../edit-bytes.js';
import { editJson } from '../edit-json.js';
import type { Format } from '../format.js';
import { predictWith } from '../predict.js';
import { graphOf } from './onnx-graphs.js';

/** A number as protocol buffers write it: seven bits a byte, low ones first. */
function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  do {
    bytes.push(Number(rest & 127n) + (rest > 127n ? 128 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Buffer.from(bytes);
}

/** Another varint somewhere: a tag, a length or a number, none of which then agrees with what is around it. */
function editVarint(bytes: Uint8Array, dice: Dice): Buffer {
  const at = dice.below(bytes.length);
  let end = at;
  while (end < bytes.length && bytes[end]! > 127) end++;
  const near = BigInt((bytes[at] ?? 0) + dice.pick([-1, 1, 8, 64]));
  return Buffer.concat([bytes.subarray(0, at), varint(dice.once(2) ? dice.edge() : near), bytes.subarray(end + 1)]);
}

/** A message with another value in it, and with lengths that fit. */
async function editMessage(bytes: Uint8Array, dice: Dice): Promise<Uint8Array> {
  const codec = await modelCodec();
  try {
    const model = codec.decode(bytes, 'input') as ModelMessage;
    editJson(model, dice);
    return codec.encode(model);
  } catch {
    return editBytes(bytes, dice, [bytes]); // values that the writer does not take
  }
}

function edit(bytes: Uint8Array, dice: Dice): Promise<Uint8Array> | Uint8Array {
  if (dice.once(4)) return graphOf(dice);
  return dice.once(3) ? editVarint(bytes, dice) : editMessage(bytes, dice);
}

/** Models that are no chain of layers. */
async function graphBytes(): Promise<Uint8Array[]> {
  const { encode } = await modelCodec();
  const random = Array.from({ length: 60 }, (_, seed) => randomDag(seed)).flatMap((dag) => dag?.spec ?? []);
  return [...Object.values(graphModels), ...random].map((spec) => encode(modelOf(spec)));
}

const folders = ['pytorch', 'graphs', 'dynamo', 'sklearn', 'quantized'].map((name) => `test/fixtures/onnx/${name}`);

export const onnx: Format = {
  file: 'input.onnx',
  codes: ['ERR_BAD_FILE'],
  async corpus(ownFolder) {
    await write(ownFolder, 'w.bin', new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8).buffer));
    const externalData = Object.entries({ location: 'w.bin', offset: '4', length: '24' });
    const external = {
      ...{ name: 'w', dims: [3, 2], dataType: 1, dataLocation: 1 },
      externalData: externalData.map(([key, value]) => ({ key, value })),
    };
    const beside = modelOf({ nodes: [['Gemm', ['x', 'w', 'b'], 'y']], tensors: [external, tensor('b', [2], [1, 2])] });
    const files = await Promise.all(
      folders.map(async (folder) => (await readdir(folder)).map((name) => `${folder}/${name}`)),
    );
    return [
      ...(await Promise.all(files.flat().map((file) => readFile(file)))),
      (await modelCodec()).encode(beside),
      ...(await graphBytes()),
    ];
  },
  edit,
  async read(path) {
    await predictWith(await NeuralNet.fromOnnx(path));
  },
};
