// Groups of test files that share a worker of ava. A worker takes as much processor time to start and to load blasnet as
// many a test file takes to run.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { filesUnder } from './files.mjs';
import { root } from './root.mjs';

const tests = 'build/dev/test';
const groups = 'build/dev/groups';

/** A group ends with its folder from so many files on, and after `most` in any case. */
const fewest = 8;
const most = 16;

/** True for a file that shares no worker: its hooks would run for the tests of all files, or it says so. */
export const isAlone = (text) => /^\s*test(\.serial)?\.(before|after)|^\/\/ In a worker of its own/m.test(text);

/** @returns {string[][]} the paths by folders, then by names */
export function cutIntoGroups(paths) {
  const folderOf = posix.dirname;
  const order = (a, b) => (folderOf(a) < folderOf(b) || (folderOf(a) === folderOf(b) && a < b) ? -1 : 1);
  const cut = [];
  for (const path of paths.toSorted(order)) {
    const last = cut.at(-1) ?? [];
    const isFull = last.length >= (folderOf(path) === folderOf(last.at(-1) ?? '') ? most : fewest);
    if (isFull || last.length === 0) cut.push([path]);
    else last.push(path);
  }
  return cut;
}

/** Writes a module for each group of the quick tests, and gives the files that ava is to run in place of them. */
export function writeTestGroups() {
  const files = filesUnder(tests, (path) => path.endsWith('.test.js') && !path.endsWith('.heavy.test.js'));
  const alone = files.filter((file) => isAlone(readFileSync(join(root, file), 'utf8')));
  const names = files.filter((file) => !alone.includes(file)).map((file) => posix.relative(tests, file));
  rmSync(join(root, groups), { recursive: true, force: true });
  mkdirSync(join(root, groups), { recursive: true });
  const written = cutIntoGroups(names).map((group, i) => {
    const path = `${groups}/group-${String(i + 1).padStart(2, '0')}.test.js`;
    const list = JSON.stringify(group, null, 2);
    const text = `import { runTestsOf } from '../../../scripts/lib/test-worker.mjs';\n\nawait runTestsOf(${list});\n`;
    writeFileSync(join(root, path), text);
    return path;
  });
  return [...written, ...alone];
}
