import test from 'ava';
import { runScript } from '../support/processes.js';
import { script, tableOf } from './running.js';

test.serial('int8 › no net loses half a point of accuracy', async (t) => {
  const { code, output, errors } = await runScript(script, ['int8', '--epochs', '1']);
  t.is(code, 0, errors);
  const names = ['MNIST', 'MNIST, convolutions', 'Adult', 'forecast of bikes, R²'];
  const table = tableOf(output.split('\n'), ...names);
  for (const name of names) t.true(Math.abs(Number(table[name]![3])) <= 0.5, output);
});
