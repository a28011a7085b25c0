// The first epochs of the examples of sequences; forecast is in sequences.test.ts.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { checkPictures, figure, run, tableOf } from './running.js';

test.serial('spam › few messages are mistaken after two epochs', async (t) => {
  const { lines, pictures } = await run(t, 'spam', ['--epochs', '2']);
  t.is(lines[0], '4014 messages to train on, 1114 to test on, 3563 words');
  for (const net of ['GRU', 'bag of words']) {
    t.true(figure(lines, `${net}: test accuracy`) > 0.95, lines.join('\n')); // 0.866 are no spam
  }
  t.true(lines.at(-2)!.endsWith(' is spam') && lines.at(-1)!.endsWith(' is ham'), lines.join('\n'));
  await checkPictures(t, pictures, ['confusion']);
});

test.serial('characters › writes better from round to round', async (t) => {
  const { lines, pictures } = await run(t, 'characters', ['--epochs', '5', '--units', '48']);
  const losses = lines.flatMap((line) => line.match(/^epoch \d: validation loss (\d\.\d{3})$/)?.[1] ?? []).map(Number);
  t.is(losses.length, 5);
  t.true(
    losses.every((loss, i) => i === 0 || loss < losses[i - 1]!),
    `${losses}`,
  );
  t.true(losses.at(-1)! < 2.4, `${losses}`); // how often characters are gives 3.1
  t.is(lines.filter((line) => line.startsWith('Shall I compare')).length, 5);
  await checkPictures(t, pictures, ['loss']);
});

test.serial('adult-embeddings › as right as one-hot columns, with fewer weights', async (t) => {
  const { lines, pictures } = await run(t, 'adult-embeddings', ['--epochs', '2']);
  const { 'one-hot': oneHot, embeddings } = tableOf(lines, 'one-hot', 'embeddings');
  t.deepEqual([oneHot![0], embeddings![0]], ['6977', '4476']);
  for (const [, accuracy, area] of [oneHot!, embeddings!]) {
    t.true(Number(accuracy) > 0.84 && Number(area) > 0.89, lines.join('\n'));
  }
  await checkPictures(t, pictures, ['loss-one-hot', 'loss-embeddings']);
});

test.serial('attention-maps › tells spam, and draws what each word looks at', async (t) => {
  const { lines, pictures } = await run(t, 'attention-maps', ['--epochs', '2']);
  t.true(figure(lines, 'test accuracy') > 0.95, lines.join('\n')); // 0.866 are no spam
  const svg = await readFile(join(pictures, 'maps.svg'), 'utf8');
  for (const name of ['ham', 'spam']) {
    const line = lines.find((each) => each.startsWith(`${name}: `))!;
    const [, text, most, share] = line.match(/: '(.*)' looks most at '(.*)', with (\d+) % of the probability$/)!;
    const words = text!.split(' ');
    t.true(words.includes(most!));
    t.true(Number(share) >= Math.floor(100 / words.length) && Number(share) <= 100, line);
    for (const word of words.filter((each) => /^\w+$/.test(each))) t.true(svg.includes(`>${word}<`), word);
  }
  await checkPictures(t, pictures, ['maps']);
});
