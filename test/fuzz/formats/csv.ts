import { gunzipSync, gzipSync } from 'node:zlib';
import { type DataFiles, DataReader } from 'blasnet';
import type { Dice } from '../dice.js';
import { editBytes, largestInput } from '../edit-bytes.js';
import type { Format } from '../format.js';

type CsvOptions = Omit<DataFiles, 'train'>;

const pieces = [
  'a',
  'y',
  ',',
  ',',
  ';',
  '\t',
  '||',
  '\n',
  '\n',
  '\r\n',
  '\r',
  '"',
  '""',
  '1',
  '2.5',
  '-',
  'e3',
  'e999',
];
const others = ['?', ' ', '#', '\ufeff', '\0', 'é', 'NaN', 'Infinity', '0x10', '\ud800', '__proto__', '9'.repeat(400)];

function text(dice: Dice): string {
  return Array.from({ length: dice.size(60) }, () => dice.pick(dice.once(4) ? others : pieces)).join('');
}

/** A change by rows, columns and cells. */
function editText(before: string, dice: Dice): string {
  const newline = dice.pick(['\n', '\r\n', '\r']);
  if (before.length > largestInput) return text(dice);
  const lines = before.split(/\r\n|\n|\r/);
  const at = dice.below(lines.length);
  let cells = lines[at]!.split(',');
  const cell = dice.below(cells.length);
  switch (dice.below(9)) {
    case 0:
      cells[cell] = dice.pick([
        '',
        '"',
        `"${text(dice)}"`,
        text(dice),
        'x'.repeat(dice.size(200_000)),
        String(dice.edge()),
      ]);
      break;
    case 1: // many columns, with names of their own
      cells.push(...Array.from({ length: dice.size(20_000) }, (_, i) => `c${i}`));
      break;
    case 2:
      cells = cells.concat(Array.from({ length: dice.size(500_000) }, () => ''));
      break;
    case 3: // many rows, with names of their own
      lines.push(
        ...Array.from({ length: dice.size(Math.min(2000, largestInput / (lines[at]!.length + 1))) }, (_, i) =>
          lines[at]!.replace(/[a-z]/i, `n${i}`),
        ),
      );
      break;
    case 4:
      return lines.join(newline.repeat(dice.size(largestInput / lines.length)));
    case 5:
      return lines.join(newline).replaceAll(',', dice.pick([';', '\t', '||', '","']));
    case 6:
      return before + text(dice);
    case 7:
      lines.splice(at, 1);
      return lines.join(newline);
    default:
      return text(dice);
  }
  lines[at] = cells.join(',');
  return lines.join(newline);
}

function edit(bytes: Uint8Array, dice: Dice): Uint8Array {
  try {
    const plain = bytes[0] === 0x1f ? gunzipSync(bytes, { maxOutputLength: largestInput }) : Buffer.from(bytes);
    const changed = dice.once(5) ? editBytes(plain, dice, [plain]) : Buffer.from(editText(plain.toString(), dice));
    if (dice.once(40)) return gzipSync(Buffer.alloc(dice.size(2 ** 24), dice.pick([',', '1\n', '\n', '"', 'x', ', '])));
    return dice.once(3) ? gzipSync(changed) : changed;
  } catch {
    return Buffer.from(text(dice));
  }
}

const choices: readonly CsvOptions[] = [
  { label: 'y', categorical: 'number' },
  { label: 'y', categorical: 'oneHot' },
  { label: -1, categorical: 'number', missing: 'drop', delimiter: ';' },
  { label: -1 },
  { label: -1, missing: 'drop', categorical: 'number', unknownCategory: 'error' },
  { label: ['y', 'a'], missing: 'mean', categorical: 'number' },
  { label: 0, header: false, categorical: 'number' },
  { label: -1, header: false, missing: 'median', dtype: 'float64' },
  { label: 'y', quote: false, comment: '#', missing: 0, categorical: 'number' },
  { label: -1, skipLines: 1, categorical: 'oneHot', missing: 'category' },
  { label: 'y', categorical: 'oneHot', unknownCategory: 'zeros', split: 3, missing: 'drop' },
  { label: 'a', columns: ['name'], categorical: { name: 'oneHot' }, delimiter: ';' },
  { label: -1, delimiter: '||', quote: "'" },
  { label: 'y', header: ['a', 'name', 'y'], ignore: ['name'] },
  { label: 'y', derive: { twice: (row) => Number(row.a) * 2 }, transform: { name: (cell) => cell.length } },
];

export const csv: Format = {
  file: 'input.csv',
  codes: ['ERR_BAD_FILE', 'ERR_BAD_ARGUMENT', 'ERR_NOT_FINITE'],
  async corpus() {
    const rows = Array.from({ length: 20 }, (_, i) => [i / 4, ['red', '"a ""b"""', 'é'][i % 3], i % 2 ? -i : '']);
    const table = [['a', 'name', 'y'], ...rows.filter((_, i) => i % 2)].map((cells) => cells.join(',')).join('\n');
    const missing = [['a', 'name', 'y'], ...rows].map((cells) => cells.join(';')).join('\r\n');
    return [table, missing, `\ufeff# comment\n${table}\n`].flatMap((content) => [
      Buffer.from(content),
      gzipSync(content),
    ]);
  },
  edit,
  async read(path, dice) {
    const options = dice.pick(choices);
    const reader = new DataReader({ train: path, ...options, ...(dice.once(3) && !options.split && { test: path }) });
    await reader.readData();
    if (!reader.xTrain.data.every(Number.isFinite)) throw new Error('numbers that are not finite');
  },
};
