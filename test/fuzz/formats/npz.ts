import { readFile } from 'node:fs/promises';
import { DataReader, readNpz } from 'blasnet';
import { unzipSync, zipSync } from 'fflate';
import { encodeNpy } from '#blasnet/npz/npy';
import type { Dice } from '../dice.js';
import { editBytes, numberBytes } from '../edit-bytes.js';
import type { Format } from '../format.js';
import { editNpy, npyCorpus, requireWhole } from './npy.js';

/** Fields of the records of a zip archive: where they begin and how many bytes they have (PKWARE's APPNOTE 4.3). */
const records = [
  { signature: 'PK\x03\x04', fields: fieldsOf([2, 2, 2, 2, 2, 4, 4, 4, 2, 2]) },
  { signature: 'PK\x01\x02', fields: fieldsOf([2, 2, 2, 2, 2, 2, 4, 4, 4, 2, 2, 2, 2, 2, 4, 4]) },
  { signature: 'PK\x05\x06', fields: fieldsOf([2, 2, 2, 2, 4, 4, 2]) },
];

function fieldsOf(widths: readonly number[]): { readonly at: number; readonly width: number }[] {
  let next = 4;
  return widths.map((width) => {
    next += width;
    return { at: next - width, width };
  });
}

/** Another number in a field of the directory, of a member's own header or of the end. */
function editField(bytes: Uint8Array, dice: Dice): Buffer {
  const copy = Buffer.from(bytes);
  const { signature, fields } = dice.pick(records);
  const at = copy.indexOf(signature, dice.once(2) ? 0 : dice.below(copy.length), 'latin1');
  const { at: offset, width } = dice.pick(fields);
  if (at < 0 || at + offset + width > copy.length) return copy;
  const old = BigInt(copy.readUIntLE(at + offset, width));
  copy.set(numberBytes(dice.pick([dice.edge(), old + 1n, old - 1n, 0n, 8n]), width, true), at + offset);
  return copy;
}

const zeros = (count: number) => encodeNpy([count, 2], new Uint8Array(2 * count));

type Members = Record<string, Uint8Array>;

/** Another content, packed anew: sizes and checksums are right. */
function editMembers(members: Members, dice: Dice): void {
  const names = Object.keys(members);
  const name = names.length > 0 ? dice.pick(names) : 'data.npy';
  const content = members[name] ?? new Uint8Array();
  switch (dice.below(7)) {
    case 0:
      members[dice.pick(['a/b.npy', '..npy', '__proto__.npy', 'x'.repeat(60_000), `${'y'.repeat(999)}.npy`])] = content;
      break;
    case 1:
      delete members[name];
      break;
    case 2:
      for (let i = dice.size(Math.min(2000, 2 ** 20 / (content.length + 1))); i > 0; i--) members[`${i}.npy`] = content;
      break;
    case 3: // a bomb as good as deflate can make it
      members[name] = zeros(dice.size(2 ** 20));
      break;
    case 4:
      members[name] = editBytes(content, dice, [content]);
      break;
    default:
      members[name] = editNpy(content, dice);
  }
}

function edit(bytes: Uint8Array, dice: Dice): Uint8Array {
  if (dice.once(2)) return editField(bytes, dice);
  let members: Members;
  try {
    members = { ...unzipSync(bytes, { filter: ({ originalSize }) => originalSize < 2 ** 22 }) };
  } catch {
    return editField(bytes, dice);
  }
  editMembers(members, dice);
  return zipSync(members, { level: dice.pick([0, 6, 9]) });
}

export const npz: Format = {
  file: 'input.npz',
  codes: ['ERR_BAD_FILE', 'ERR_SHAPE_MISMATCH', 'ERR_NOT_FINITE', 'ERR_BAD_ARGUMENT'],
  async corpus() {
    const fixtures = ['stored', 'deflated', 'written', 'none', 'path', 'object'];
    const [, , , , , array] = await npyCorpus();
    const set = { 'data.npy': array!, 'label.npy': encodeNpy([2, 1], Float64Array.of(1, 0)) };
    const keras = {
      'x_train.npy': encodeNpy([2, 2, 3], new Uint8Array(12).fill(9)),
      'y_train.npy': encodeNpy([2], Uint8Array.of(1, 0)),
      'x_test.npy': encodeNpy([1, 2, 3], new Uint8Array(6).fill(7)),
      'y_test.npy': encodeNpy([1], Uint8Array.of(1)),
    };
    const coloured = { ...set, 'data.npy': encodeNpy([2, 2, 1, 3], new Uint8Array(12).fill(5)) };
    const nothing = encodeNpy([2 ** 40, 0], new Float32Array());
    return [
      ...(await Promise.all(fixtures.map((name) => readFile(`test/fixtures/npz/${name}.npz`)))),
      zipSync(set),
      zipSync(set, { level: 0 }),
      zipSync(keras),
      zipSync(coloured),
      zipSync({ 'data.npy': nothing, 'label.npy': nothing }),
    ];
  },
  edit,
  async read(path, dice) {
    if (dice.once(2)) {
      for (const array of Object.values(await readNpz(path))) requireWhole(array);
      return;
    }
    if (dice.once(4)) {
      requireWhole((await readNpz(path, { arrays: ['data'] })).data!);
      return;
    }
    const reader = new DataReader({
      train: path,
      ...(dice.once(4) && {
        arrays: { x: 'data', y: 'label', ...(dice.once(2) && { xTest: 'x_test', yTest: 'y_test' }) },
      }),
      ...(dice.once(3) ? { split: 2 } : dice.once(2) ? { test: path } : {}),
    });
    await reader.readData();
    reader.normalizeX();
    requireWhole(reader.xTrain);
  },
};
