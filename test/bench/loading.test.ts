import test from 'ava';
import { measureImport } from '../../bench/loading.js';

test('the import is measured beside what Node.js takes to begin', async (t) => {
  const effort = { runs: 1, seconds: 1, budget: 60, quick: true };
  const { id, unit, rows } = await measureImport({ effort, folder: '', leaveOut: (line) => t.fail(line) });
  t.deepEqual([id, unit], ['import', 'ms']);
  t.deepEqual(
    rows.map(({ name, values }) => [name, values.length]),
    [
      ['blasnet', 1],
      ['Node.js itself', 1],
    ],
  );
  for (const { values } of rows) t.true(Number.isFinite(values[0]!));
});
