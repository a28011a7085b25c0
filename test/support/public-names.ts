import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Entry points by the name that users import. */
export const entryPoints = {
  blasnet: 'dist/index.d.ts',
  'blasnet/charts': 'dist/charts/index.d.ts',
  'blasnet/mpi': 'dist/mpi/index.d.ts',
  'blasnet/serve': 'dist/serve/index.d.ts',
} as const;

/** Names that a module's declarations export, from A to z: those of values, classes among them, and those of types alone. */
export async function publicNames(path: string): Promise<{ values: string[]; types: string[] }> {
  const found = await namesOf(path);
  const named = (isType: boolean) => [...found].filter(([, type]) => type === isType).map(([name]) => name);
  return { values: named(false).sort(), types: named(true).sort() };
}

/** Whether each name is that of a type alone. Declarations written by the compiler are regular enough for patterns. */
async function namesOf(path: string): Promise<Map<string, boolean>> {
  const text = await readFile(path, 'utf8');
  const names = new Map<string, boolean>();
  for (const [, kind, name] of text.matchAll(/^export (?:declare )?(?:abstract )?(\w+) (\w+)/gm)) {
    names.set(name!, kind === 'interface' || kind === 'type');
  }
  for (const [, ofTypes, list, from] of text.matchAll(/^export (type )?\{([^}]*)\}(?: from '(.*)')?;/gm)) {
    const inner = from === undefined ? names : await namesOf(sourceOf(path, from));
    for (const entry of list!.split(',').map((part) => part.trim())) {
      const name = entry.replace(/^type /, '');
      if (name !== '') names.set(name, ofTypes !== undefined || entry !== name || inner.get(name) === true);
    }
  }
  for (const [, from] of text.matchAll(/^export \* from '(.*)';/gm)) {
    for (const [name, isType] of await namesOf(sourceOf(path, from!))) names.set(name, isType);
  }
  return names;
}

const sourceOf = (path: string, specifier: string) => join(dirname(path), specifier.replace(/\.js$/, '.d.ts'));
