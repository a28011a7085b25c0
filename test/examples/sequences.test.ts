import test from 'ava';
import { checkPictures, run, tableOf } from './running.js';

/** Python, from the file by date and hour. */
const naive = [
  ['72.4', '126.4'],
  ['80.0', '133.0'],
];

test.serial('forecast › the net beats both naive forecasts after some epochs', async (t) => {
  const { lines, pictures } = await run(t, 'forecast', ['--epochs', '10']);
  t.is(lines[0], '555 windows to train on, 61 for validation, 108 to test on');
  const rows = tableOf(lines, 'GRU', 'a week ago', 'yesterday');
  t.deepEqual([rows['a week ago'], rows.yesterday], naive);
  const [absolute, squared] = rows.GRU!.map(Number);
  t.true(absolute! < 70 && squared! < 110, lines.join('\n'));
  await checkPictures(t, pictures, ['week', 'errors', 'loss']);
});
