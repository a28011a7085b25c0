import { readFile } from 'node:fs/promises';
import { CifarImageReader } from 'blasnet';
import { recordsOf } from '../../support/cifar.js';
import type { Dice } from '../dice.js';
import type { Format } from '../format.js';
import { requireWhole } from './npy.js';

const recordBytes = 3073;

/** Whole records, or nearly. */
function edit(bytes: Uint8Array, dice: Dice): Buffer {
  const copy = Buffer.from(bytes);
  const count = Math.floor(copy.length / recordBytes);
  const at = dice.below(count) * recordBytes;
  const record = copy.subarray(at, at + recordBytes);
  switch (dice.below(4)) {
    case 0:
      if (count > 0) copy[at] = dice.pick([0, 9, 10, 255]);
      return copy;
    case 1:
      return Buffer.concat([copy, ...Array.from({ length: dice.size(100) }, () => record)]);
    case 2:
      return copy.subarray(0, count * recordBytes + dice.pick([0, -1, 1, -recordBytes]));
    default:
      return Buffer.concat([copy, record.subarray(0, dice.pick([recordBytes, 1, 3072]))]);
  }
}

export const cifar: Format = {
  file: 'input.bin',
  codes: ['ERR_BAD_FILE'],
  async corpus() {
    const names = await readFile('test/fixtures/cifar/batches.meta.txt');
    return [await readFile('test/fixtures/cifar/test.bin'), recordsOf([1, 2, 3]), recordsOf([9]), names];
  },
  edit,
  async read(path, dice) {
    const real = 'test/fixtures/cifar/test.bin';
    const reader = new CifarImageReader(
      dice.pick([
        { train: path },
        { train: [path, path] },
        { train: real, test: path },
        { train: real, classNames: path },
      ]),
    );
    await reader.readData();
    reader.normalizeX({ perChannel: dice.once(2) });
    requireWhole(reader.xTrain);
  },
};
