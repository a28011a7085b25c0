import { gzipSync } from 'node:zlib';
import test from 'ava';
import { DataReader } from 'blasnet';
import fc from 'fast-check';
import { temporaryFolder, write } from '../support/files.js';

const number = fc.double({ noNaN: true, noDefaultInfinity: true });
// No cell of these is a number, missing, or trimmed to another.
const name = fc.string({ unit: fc.constantFrom(...'ab,;\t"\n\r é|# '), maxLength: 6 }).map((text) => `x${text}x`);

const dialect = fc.record({
  delimiter: fc.constantFrom(',', ';', '\t', '||'),
  newline: fc.constantFrom('\n', '\r\n', '\r'),
  quoteAll: fc.boolean(),
  mark: fc.constantFrom('', '\ufeff'),
  lastNewline: fc.boolean(),
  blank: fc.constantFrom('', ' '),
  gzip: fc.boolean(),
});

test('what is written in any dialect is read', async (t) => {
  const folder = await temporaryFolder(t);
  const rows = fc.array(fc.tuple(number, name, number), { minLength: 1, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(rows, dialect, async (rows, { delimiter, newline, quoteAll, mark, lastNewline, blank, gzip }) => {
      const cellOf = (cell: string | number) => {
        const text = String(cell);
        const plain = !quoteAll && !/["\n\r]|^\s|\s$/.test(text) && !text.includes(delimiter);
        return blank + (plain ? text : `"${text.replaceAll('"', '""')}"`) + blank;
      };
      const lines = [['a', 'name', 'y'], ...rows].map((cells) => cells.map(cellOf).join(delimiter));
      const text = mark + lines.join(newline) + (lastNewline ? newline : '');
      const train = await write(folder, 'a.csv', gzip ? gzipSync(text) : text);
      const reader = new DataReader({
        train,
        label: 'y',
        delimiter,
        dtype: 'float64',
        categorical: { name: 'number' },
      });
      await reader.readData();
      const names = [...new Set(rows.map(([, name]) => name))].sort();
      t.deepEqual(reader.categories.name, names);
      // -0 is written as 0.
      t.deepEqual(
        reader.xTrain.toArray(),
        rows.map(([a, name]) => [a + 0, names.indexOf(name)]),
      );
      t.deepEqual(
        reader.yTrain.toArray(),
        rows.map(([, , y]) => [y + 0]),
      );
    }),
    { numRuns: 150, seed: 5 },
  );
});
