import { spawnSync } from 'node:child_process';
import test from 'ava';

test('the generated barrels name every public module', (t) => {
  const child = spawnSync(process.execPath, ['scripts/barrels.mjs', '--check'], { encoding: 'utf8' });
  t.is(child.stderr, '');
  t.is(child.status, 0);
});
