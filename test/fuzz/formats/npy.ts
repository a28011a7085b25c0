import { readFile } from 'node:fs/promises';
import { decodeNpy, encodeNpy } from '#blasnet/npz/npy';
import { sizeOf } from '#blasnet/tensor/tensor';
import type { Dice } from '../dice.js';
import type { Format } from '../format.js';

const dtypes = [
  ...['<f4', '>f8', '<f2', '|b1', '<i8', '>u8', '<u2', '|i1', '=f4', '<f16', '|O', '<c8', '|S4', 'f4', '<f4[2]', ''],
];

const pieces = ['{', '}', "'descr'", ':', "'<f4'", ',', "'shape'", '(', ')', '1', '0', '-', "'fortran_order'", 'True'];
const others = [' ', '\n', '[', '\u00e9', "'"];

const piecesOf = (dice: Dice) =>
  Array.from({ length: dice.below(30) }, () => dice.pick(dice.once(4) ? others : pieces)).join('');

/** A file whose header says what it likes; whole where it happens to be true. */
function npyOf(dice: Dice): Buffer {
  const lengths = Array.from({ length: dice.pick([0, 1, 2, 3, 64, 65]) }, () =>
    dice.once(3) ? dice.edge() : BigInt(dice.below(4)),
  );
  const shape = dice.pick([`(${lengths.join(', ')})`, `(${lengths.join(', ')},)`, `[${lengths.join(', ')}]`]);
  const entries = [
    `'descr': '${dice.pick(dtypes)}'`,
    `'fortran_order': ${dice.pick(['True', 'False', 'None', '0'])}`,
    `'shape': ${shape}`,
    `'shape': (3L,)`,
    `'${'x'.repeat(dice.size(9000))}': 1`,
  ];
  const order = dice.pick([
    [0, 1, 2],
    [0, 1, 2],
    [2, 1, 0],
    [0, 1, 3],
    [0, 1, 2, 4],
    [0, 0, 1, 2],
  ]);
  const text = dice.once(6)
    ? piecesOf(dice)
    : `{${order.map((i) => entries[i]).join(', ')}, }${' '.repeat(dice.size(300))}\n`;
  const version = dice.pick([1, 2, 3, 0, 255]);
  const length = Buffer.alloc(version === 1 ? 2 : 4);
  length.writeUIntLE(dice.once(8) ? dice.below(65536) : Math.min(text.length, 65535), 0, length.length);
  const data = dice.bytes(dice.pick([0, 4, 8, 24, dice.size(200)]));
  return Buffer.concat([
    Buffer.from(`\x93NUMPY${String.fromCharCode(version)}\0`, 'latin1'),
    length,
    Buffer.from(text),
    data,
  ]);
}

/** A file with another number in the shape, and as many numbers as that asks for where they are few. */
function withShape(bytes: Uint8Array, dice: Dice): Buffer {
  const text = Buffer.from(bytes).toString('latin1');
  const shape = /'shape': \(([\d, ]*)\)/.exec(text);
  const width = /'descr': '..(\d)'/.exec(text);
  const end = text.indexOf('\n');
  if (!shape || !width || end < 0) return npyOf(dice);
  const lengths = shape[1]!.split(',').flatMap((part) => (part.trim() === '' ? [] : [BigInt(part)]));
  if (lengths.length > 0) lengths[dice.below(lengths.length)] = dice.once(2) ? dice.edge() : BigInt(dice.below(40));
  const written = `'shape': (${lengths.join(', ')}${lengths.length === 1 ? ',' : ''})`;
  // What follows is padding: the header keeps its length.
  const head = text.slice(0, end).replace(shape[0], written).trimEnd().padEnd(end).slice(0, end);
  const count = lengths.reduce((product, length) => product * length, BigInt(width[1]!));
  const size = count >= 0n && count < 1e5 ? Number(count) : bytes.length - end - 1;
  return Buffer.concat([Buffer.from(`${head}\n`, 'latin1'), dice.bytes(size)]);
}

/** One change to an NPY file. */
export const editNpy = (bytes: Uint8Array, dice: Dice): Buffer => (dice.once(2) ? npyOf(dice) : withShape(bytes, dice));

/** Files of several dtypes and shapes. */
export async function npyCorpus(): Promise<Uint8Array[]> {
  const fixtures = ['version1', 'version2', 'version3', 'scalar', 'structured'];
  return [
    ...(await Promise.all(fixtures.map((name) => readFile(`test/fixtures/npz/${name}.npy`)))),
    encodeNpy([2, 3], Float32Array.of(1, 2, 3, 4, 5, 6)),
    encodeNpy([0, 3], new Int16Array()),
    encodeNpy([], Float64Array.of(7)),
    encodeNpy([3, 1, 2], Uint8Array.of(1, 2, 3, 4, 5, 6)),
  ];
}

/** What a reader gives for an array: as many numbers as the shape says. */
export function requireWhole({ shape, data }: { readonly shape: readonly number[]; readonly data: ArrayLike<number> }) {
  if (sizeOf(shape) !== data.length) throw new Error(`[${shape.join(', ')}] with ${data.length} numbers`);
}

export const npy: Format = {
  file: 'input.npy',
  codes: ['ERR_BAD_FILE'],
  corpus: npyCorpus,
  edit: editNpy,
  async read(path) {
    requireWhole(decodeNpy(await readFile(path), `'${path}'`));
  },
};
