import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { checkPictures, run } from './running.js';

test.serial('skip-connections › without data: the excerpt, and a picture of the graph', async (t) => {
  const { lines, pictures } = await run(t, 'skip-connections', ['--epochs', '1']);
  t.regex(lines[0]!, /^No --data DIR .* trains on the 20 images of the tests/);
  t.is(lines.filter((line) => /^CIFAR-10, .*: test accuracy \d\.\d{4} after 1 epochs in/.test(line)).length, 2);
  await checkPictures(t, pictures, ['net']);
  const svg = await readFile(join(pictures, 'net.svg'), 'utf8');
  for (const node of ['image', 'block 1 conv 1', 'block 1 sum', 'block 2 sum', 'softmax']) {
    t.true(svg.includes(`>${node}<`), node);
  }
});
