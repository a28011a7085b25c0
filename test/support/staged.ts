import { cp, mkdtemp, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** A folder with the packages that are published in its node_modules, and those that they depend on. */
export class StagedProject {
  private constructor(readonly folder: string) {}

  static async create(): Promise<StagedProject> {
    const project = new StagedProject(await realpath(await mkdtemp(join(tmpdir(), 'blasnet-stage-'))));
    const { stage } = (await import(pathToFileURL(resolve('scripts/release/stage.mjs')).href)) as {
      stage(folder: string, options: { readonly compile: boolean }): Promise<unknown>;
    };
    await stage(project.path(''), { compile: false });
    for (const name of ['detect-libc', 'commander']) {
      await cp(join('node_modules', name), project.path(name), { recursive: true });
    }
    // Needs others, which are found where it is.
    await symlink(resolve('node_modules/cli-progress'), project.path('cli-progress'));
    return project;
  }

  /** A path within node_modules. */
  path(name: string): string {
    return join(this.folder, 'node_modules', name);
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}
