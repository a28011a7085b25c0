import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import test from 'ava';

interface Configuration {
  readonly name: string;
  readonly settings: Readonly<Record<string, string>>;
}
const script = (path: string) => import(pathToFileURL(resolve('scripts', path)).href);
const { configurationOf } = (await script('cmake.mjs')) as {
  configurationOf(
    options: { readonly sanitize: string; readonly quick: boolean; readonly linked: boolean },
    objects: () => string | null,
  ): Configuration;
};
const { addonObjects } = (await script('lib/native.mjs')) as { addonObjects(): string | null };
const { sourcesOf } = (await script('sources.mjs')) as { sourcesOf(set: string): readonly string[] };

test('each build folder is always configured with the same settings', (t) => {
  const [here, missing] = [() => '/objects', () => null];
  const all = { sanitize: '', quick: false, linked: false };
  t.deepEqual(configurationOf(all, here), { name: 'cmake', settings: {} });
  const quick = { name: 'cmake-quick', settings: { BLASNET_QUICK: 'ON' } };
  t.deepEqual(configurationOf({ ...all, quick: true }, here), quick);
  t.deepEqual(configurationOf({ ...all, linked: true }, missing), quick);
  const linked = { name: 'cmake-linked', settings: { BLASNET_OBJECTS: '/objects' } };
  t.deepEqual(configurationOf({ ...all, linked: true }, here), linked);
  // Nothing that was compiled without a sanitizer is linked to what was compiled with it.
  const sanitized = { name: 'cmake-tsan', settings: { BLASNET_SANITIZE: 'thread' } };
  t.deepEqual(configurationOf({ sanitize: 'thread', quick: true, linked: true }, here), sanitized);
});

test('where node-gyp compiled the addon, there is an object file of each source', (t) => {
  const folder = addonObjects();
  if (folder === null) return t.pass('a prebuilt addon, or one of other sources');
  for (const source of sourcesOf('core')) t.true(existsSync(join(folder, source.replace(/\.cc$/, '.o'))), source);
});
