import { mkdir, readlink, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import test from 'ava';
import { temporaryFolder } from '../support/files.js';

const { mendNpxLinks } = (await import(pathToFileURL(resolve('scripts/lib/npx-links.mjs')).href)) as {
  mendNpxLinks(cache: string | undefined, program?: string): void;
};

test('what npx left out before the clone was set up is linked, in entries of this clone only', async (t) => {
  const cache = await temporaryFolder(t);
  const other = await temporaryFolder(t);
  for (const [entry, folder] of [
    ['mine', resolve('.')],
    ['others', other],
  ] as const) {
    await mkdir(join(cache, '_npx', entry, 'node_modules'), { recursive: true });
    await symlink(folder, join(cache, '_npx', entry, 'node_modules/blasnet'));
  }
  const linkIn = (entry: string) => readlink(join(cache, '_npx', entry, 'node_modules/.bin/blasnet'));
  mendNpxLinks(cache);
  mendNpxLinks(cache);
  t.is(await linkIn('mine'), '../blasnet/dist/cli/main.js');
  await t.throwsAsync(linkIn('others'), { code: 'ENOENT' });
  t.notThrows(() => mendNpxLinks(undefined));
  t.notThrows(() => mendNpxLinks(join(cache, 'none')));
});
