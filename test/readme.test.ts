import { readFile } from 'node:fs/promises';
import test from 'ava';

test('the example in the README is examples/quick-start.ts to the letter', async (t) => {
  const [readme, example] = await Promise.all(
    ['README.md', 'examples/quick-start.ts'].map((path) => readFile(path, 'utf8')),
  );
  const blocks = [...readme!.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code);
  t.is(blocks[0], example);
});
