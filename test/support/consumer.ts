import { cp, mkdir, realpath, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import type { ExecutionContext } from 'ava';
import { temporaryFolder, write } from './files.js';
import { runScript } from './processes.js';

const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');

interface ConsumerOptions {
  readonly lib?: readonly string[];
  /** Installed beside blasnet; Node's types need undici-types, too. */
  readonly packages?: readonly string[];
  readonly exactOptionalPropertyTypes?: boolean;
}

/** What the compiler says of a program, and the files that it read for it. */
export interface Compiled {
  readonly errors: readonly string[];
  readonly files: readonly string[];
}

/** Compiles a program as strictly as can be, in a project that has no packages but blasnet's types and those named. */
export async function compileConsumer(
  t: ExecutionContext,
  code: string,
  {
    lib = ['es2023'],
    packages = ['@types/node', 'undici-types'],
    exactOptionalPropertyTypes = false,
  }: ConsumerOptions = {},
): Promise<Compiled> {
  // The compiler names files by their real paths.
  const root = await realpath(await temporaryFolder(t));
  const modules = join(root, 'node_modules');
  await cp('dist', join(modules, 'blasnet/dist'), {
    recursive: true,
    filter: (path) => !/\.(js|map|html|css|svg|tsbuildinfo)$/.test(path),
  });
  await cp('package.json', join(modules, 'blasnet/package.json'));
  for (const name of packages) {
    await mkdir(dirname(join(modules, name)), { recursive: true });
    await symlink(resolve('node_modules', name), join(modules, name), 'dir');
  }
  await write(root, 'consumer.mts', code);
  const compilerOptions = {
    target: 'es2022',
    module: 'nodenext',
    lib,
    types: packages.includes('@types/node') ? ['node'] : [],
    strict: true,
    skipLibCheck: false,
    noEmit: true,
    exactOptionalPropertyTypes,
  };
  await write(root, 'tsconfig.json', JSON.stringify({ compilerOptions, files: ['consumer.mts'] }));
  const { output } = await runScript(compiler, ['-p', root, '--listFiles', '--pretty', 'false']);
  const lines = output.split('\n').filter((line) => line !== '');
  const isFile = (line: string) => /^\/.*\.m?ts$/.test(line);
  return { errors: lines.filter((line) => !isFile(line)), files: lines.filter(isFile) };
}
