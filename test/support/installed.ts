import { cp, mkdir, realpath } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { familySync } from 'detect-libc';
import 'blasnet';
import { version } from '#blasnet/core/version';
import { temporaryFolder, write } from './files.js';
import { type Ended, runScript } from './processes.js';

/** The addon that the tests run with. */
export const addonFile = Object.keys(createRequire(import.meta.url).cache).find((path) => path.endsWith('.node'))!;

const libc = process.platform !== 'linux' ? '' : familySync() === 'musl' ? '-musl' : '-gnu';

/** The name of this platform's package without `@blasnet/`. */
export const target = `${process.platform}-${process.arch}${libc}`;

export { version };

/** A project with the compiled package in its node_modules, as npm lays it out; without addon. */
export class InstalledProject {
  constructor(readonly folder: string) {}

  static async create(t: ExecutionContext): Promise<InstalledProject> {
    const project = new InstalledProject(await realpath(await temporaryFolder(t)));
    await cp('dist', project.path('blasnet/dist'), {
      recursive: true,
      filter: (path) => !/\.(map|d\.ts|tsbuildinfo)$/.test(path),
    });
    await cp('package.json', project.path('blasnet/package.json'));
    await cp('node_modules/detect-libc', project.path('detect-libc'), { recursive: true });
    return project;
  }

  /** A path within node_modules. */
  path(name: string): string {
    return join(this.folder, 'node_modules', name);
  }

  /** Installs a package with its package.json and files. */
  async add(name: string, manifest: object, files: Readonly<Record<string, Uint8Array | string>> = {}): Promise<void> {
    await mkdir(this.path(name), { recursive: true });
    await write(this.path(name), 'package.json', JSON.stringify({ name, version, ...manifest }));
    for (const [file, content] of Object.entries(files)) await write(this.path(name), file, content);
  }

  /** Installs a package with an addon, by default a copy of the one that the tests run with. */
  async addAddon(content?: Uint8Array | string, { name = target, version: of = version } = {}): Promise<void> {
    const files = content === undefined ? {} : { 'blasnet.node': content };
    await this.add(`@blasnet/${name}`, { version: of, main: 'blasnet.node' }, files);
    if (content === undefined) await cp(addonFile, this.path(`@blasnet/${name}/blasnet.node`));
  }

  /** Runs a module in the project. */
  async run(code: string, { flags = [] as readonly string[], env = {} as NodeJS.ProcessEnv } = {}): Promise<Ended> {
    const script = await write(this.folder, 'program.mjs', code);
    return runScript(script, [], { flags, env: { BLASNET_ADDON: '', ...env }, cwd: this.folder });
  }

  /** The message of the error with which `import 'blasnet'` ends; checks that it is a BlasnetError of that code. */
  async importError(t: ExecutionContext, flags: readonly string[] = []): Promise<string> {
    const { output, errors } = await this.run(
      `await import('blasnet').then(
         () => console.log('{}'),
         ({ name, code, message }) => console.log(JSON.stringify({ name, code, message })),
       );`,
      { flags },
    );
    t.is(errors, '');
    const { name, code, message } = JSON.parse(output || '{}') as Record<string, string>;
    t.deepEqual([name, code], ['BlasnetError', 'ERR_NATIVE_LOAD']);
    return message ?? '';
  }
}

/** Flags that make Node believe to run on another platform. */
export function onPlatform(platform: string, arch: string): readonly string[] {
  const code = `for (const [name, value] of Object.entries(${JSON.stringify({ platform, arch })})) Object.defineProperty(process, name, { value });`;
  return ['--import', `data:text/javascript,${encodeURIComponent(code)}`];
}
