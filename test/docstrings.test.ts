import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';

/**
 * Declarations hold what modules export, with its docstrings: a docstring states what the thing does, and does not ask.
 */
test('docstrings of what is exported do not begin with What, Says, Who or Whether what', async (t) => {
  const offenders: string[] = [];
  let count = 0;
  for (const path of (await readdir('dist', { recursive: true })).filter((name) => name.endsWith('.d.ts')).sort()) {
    const text = await readFile(join('dist', path), 'utf8');
    for (const [docstring] of text.matchAll(/\/\*\*.*?\*\//gs)) {
      count++;
      const words = docstring.replace(/^\/\*\*[\s*]*|\s*\*\/$|\n *\*/g, '');
      if (/^(What|Says|Who|Whether what)\b/.test(words)) {
        offenders.push(`ts/${path.replace(/\.d\.ts$/, '.ts')}: ${words.slice(0, 60)}`);
      }
    }
  }
  t.true(count > 500, `${count} docstrings`);
  t.deepEqual(offenders, []);
});
