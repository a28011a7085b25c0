import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type Ended, runScript } from './processes.js';

/** The built program. */
export const program = resolve('dist/cli/main.js');

/** Runs the command line in a folder. */
export function blasnet(
  folder: string,
  args: readonly string[],
  options: { readonly input?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<Ended> {
  return runScript(program, args, { cwd: folder, ...options });
}

/** The first lines of the houses' file, header included. */
export async function houses(rows: number): Promise<string> {
  const text = gunzipSync(await readFile('data/house/kc_house_data.csv.gz')).toString();
  return `${text.split('\n', rows + 1).join('\n')}\n`;
}

/** The whole file of irises. */
export function irises(): Promise<string> {
  return readFile('data/iris/iris.csv', 'utf8');
}

/** The rows of CSV text without quoted cells, as cells by column name. */
export function cellsOf(csv: string): Record<string, string>[] {
  const [header, ...lines] = csv.trim().split('\n');
  const names = header!.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((cell, i) => [names[i]!, cell])));
}
