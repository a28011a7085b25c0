import { readFile } from 'node:fs/promises';
import { readSafetensors } from 'blasnet';
import { safetensorsFile } from '../../support/safetensors.js';
import type { Dice } from '../dice.js';
import { editJson } from '../edit-json.js';
import type { Format } from '../format.js';
import { requireWhole } from './npy.js';

/** A file's header and what is behind it; undefined where that is not JSON. */
export function takenApart(bytes: Uint8Array): { header: Record<string, unknown>; data: Buffer } | undefined {
  const file = Buffer.from(bytes);
  if (file.length < 8) return undefined;
  const length = Number(file.readBigUInt64LE());
  try {
    const header: unknown = JSON.parse(file.toString('utf8', 8, 8 + length));
    if (typeof header !== 'object' || header === null) return undefined;
    return { header: header as Record<string, unknown>, data: file.subarray(8 + length) };
  } catch {
    return undefined;
  }
}

/** A header that says something else, as text: JSON, or nearly so. */
function headerText(header: object, dice: Dice): string {
  const text = JSON.stringify(header);
  const at = dice.below(text.length);
  switch (dice.below(12)) {
    case 0:
      return text.slice(0, at) + dice.pick(['"', '{', '[', ',', '\\', '1e9', '\ud800', '\u0000', ' ']) + text.slice(at);
    case 1: // a key that comes twice
      return `${text.slice(0, -1)},${text.slice(1)}`;
    case 2:
      return text.slice(0, at) + dice.pick(['[', '{"a":', ' ', '"']).repeat(dice.size(100_000)) + text.slice(at);
    default:
      return text;
  }
}

/** One change to the header, with lengths that fit it mostly. */
export function editHeader(
  bytes: Uint8Array,
  dice: Dice,
  change: (header: Record<string, unknown>) => void,
): Uint8Array {
  const parts = takenApart(bytes);
  if (!parts) return bytes;
  const { header, data } = parts;
  change(header);
  const length = dice.once(15) ? BigInt.asUintN(64, dice.edge()) : undefined;
  return safetensorsFile(headerText(header, dice), dice.once(15) ? data.subarray(1) : data, length);
}

/** A file made of entries that fit together, many or large in their claims. */
function made(dice: Dice): Uint8Array {
  const header: Record<string, unknown> = {};
  let end = 0;
  for (let i = dice.size(3000); i >= 0; i--) {
    const dtype = dice.pick(['F32', 'BOOL', 'I64', 'BF16', 'F8_E5M2', 'F64']);
    const bytes = { F32: 4, BOOL: 1, I64: 8, BF16: 2, F8_E5M2: 1, F64: 8 }[dtype]!;
    const shape = dice.pick([[], [1], [2, 1], [0], [0, 2 ** 40], [1, 1, 1, 1]]);
    const size = shape.reduce((product, length) => product * length, bytes);
    header[`t${i}`] = { dtype, shape, data_offsets: [end, end + size] };
    end += size;
  }
  return safetensorsFile(JSON.stringify(header), end);
}

export const safetensors: Format = {
  file: 'input.safetensors',
  codes: ['ERR_BAD_FILE'],
  async corpus() {
    const fixtures = ['numpy', 'others', 'net'];
    return Promise.all(fixtures.map((name) => readFile(`test/fixtures/safetensors/${name}.safetensors`)));
  },
  edit: (bytes, dice) => (dice.once(8) ? made(dice) : editHeader(bytes, dice, (header) => editJson(header, dice))),
  async read(path) {
    const { tensors } = await readSafetensors(path);
    for (const tensor of Object.values(tensors)) requireWhole(tensor);
  },
};
