import { gunzipSync, gzipSync } from 'node:zlib';
import { MnistImageDataReader } from 'blasnet';
import { readIdx } from '#blasnet/data/idx';
import { idx as idxFile, write } from '../../support/files.js';
import type { Dice } from '../dice.js';
import { editBytes, numberBytes } from '../edit-bytes.js';
import type { Format } from '../format.js';
import { requireWhole } from './npy.js';

const shapes = [[3], [2, 4, 4], [2, 3], [1, 2, 2, 2], [0, 28, 28]];

/** Another dimension, type or rank, and as much data as that asks for, where it is little. */
function editPlain(bytes: Uint8Array, dice: Dice): Buffer {
  const header = Buffer.from(bytes.subarray(0, 4));
  let rank = header[3] ?? 0;
  if (dice.once(6)) header[2] = dice.pick([8, 9, 13, 14, 0]);
  if (dice.once(6)) rank = dice.below(6);
  header[3] = rank;
  const dims: Buffer[] = Array.from({ length: rank }, (_, i) => Buffer.from(bytes).subarray(4 + 4 * i, 8 + 4 * i));
  const at = dice.below(rank);
  if (rank > 0) dims[at] = numberBytes(dice.once(2) ? dice.edge() : BigInt(dice.below(30)), 4, false);
  const whole = dims.reduce((size, dim) => size * (dim.length === 4 ? dim.readUInt32BE() : 0), 1);
  const size = whole < 1e5 && !dice.once(5) ? whole : dice.size(1000);
  return Buffer.concat([header, ...dims, dice.once(2) ? Buffer.alloc(size, dice.below(12)) : dice.bytes(size)]);
}

/** Packs what was changed within. */
function edit(bytes: Uint8Array, dice: Dice): Buffer {
  try {
    const plain = bytes[0] === 0x1f ? gunzipSync(bytes, { maxOutputLength: 2 ** 22 }) : bytes;
    const changed = dice.once(5) ? editBytes(plain, dice, [plain]) : editPlain(plain, dice);
    return dice.once(2) ? gzipSync(changed) : changed;
  } catch {
    return editPlain(bytes, dice);
  }
}

const others = { images: 'images.idx', labels: 'labels.idx' };

export const idx: Format = {
  file: 'input.idx',
  codes: ['ERR_BAD_FILE', 'ERR_SHAPE_MISMATCH'],
  async corpus(folder) {
    await write(folder, others.images, idxFile([2, 4, 4], new Uint8Array(32).fill(7)));
    await write(folder, others.labels, idxFile([2], Uint8Array.of(1, 0)));
    const plain = shapes.map((shape) => {
      const size = shape.reduce((product, length) => product * length, 1);
      return idxFile(
        shape,
        Uint8Array.from({ length: size }, (_, i) => i % 251),
      );
    });
    return [...plain, ...plain.map((bytes) => gzipSync(bytes))];
  },
  edit,
  async read(path, dice) {
    if (dice.once(2)) {
      requireWhole(await readIdx(path));
      return;
    }
    const beside = (name: string) => path.replace(/[^/\\]*$/, name);
    const [trainImages, trainLabels] = dice.pick([
      [path, beside(others.labels)],
      [beside(others.images), path],
      [path, path],
    ] as const);
    const reader = new MnistImageDataReader({ trainImages, trainLabels });
    await reader.readData();
    reader.normalizeX({ perChannel: dice.once(2) });
    requireWhole(reader.xTrain);
  },
};
