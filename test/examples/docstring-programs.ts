// The @example of every docstring in ts/, each as a program in a folder of its own.
import { mkdir, readdir, readFile, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { ExecutionContext } from 'ava';
import { type Example, examplesIn, programOf } from '../support/examples.js';
import { temporaryFolder, write } from '../support/files.js';

const files = (await readdir('ts', { recursive: true })).filter((file) => file.endsWith('.ts')).sort();
export const examples: Example[] = [];
for (const file of files) examples.push(...examplesIn(file, await readFile(join('ts', file), 'utf8')));

export const titleOf = (example: Example): string =>
  `${examples.indexOf(example) + 1}: ${example.name} in ${example.file}`;

/** Writes the program of an example beside the built package; it prints how many values it has checked. */
export async function writeProgram(
  t: ExecutionContext,
  example: Example,
): Promise<{ readonly folder: string; readonly script: string; readonly expectations: number }> {
  const { program, expectations } = programOf(example.code);
  t.true(expectations > 0, `${titleOf(example)} says what a statement gives: \`statement; // → value\``);
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, 'node_modules'));
  await symlink(resolve('.'), join(folder, 'node_modules/blasnet'));
  return { folder, script: await write(folder, 'example.mjs', program), expectations };
}
