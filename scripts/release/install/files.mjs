import { existsSync, lstatSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** An empty folder at the path. */
export function emptyFolder(path) {
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { recursive: true });
  return path;
}

/** Writes a file with the folders above it; anything but a string is written as JSON. */
export function put(path, content) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, typeof content === 'string' ? content : `${JSON.stringify(content, null, 2)}\n`);
}

/** Bytes on disk below a path, as `du` counts them: blocks, hard links once, links not followed. */
export function bytesOnDisk(path, seen = new Set()) {
  if (!existsSync(path)) return 0;
  const { dev, ino, blocks } = lstatSync(path);
  const key = `${dev}:${ino}`;
  if (seen.has(key)) return 0;
  seen.add(key);
  const own = blocks * 512;
  if (!lstatSync(path).isDirectory()) return own;
  return readdirSync(path).reduce((sum, name) => sum + bytesOnDisk(join(path, name), seen), own);
}

/** Folders of packages below node_modules, nested ones included; links are not followed. */
export function packagesIn(modules) {
  if (!existsSync(modules)) return [];
  return readdirSync(modules, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => {
      const folder = join(modules, name);
      if (name.startsWith('@')) return packagesIn(folder);
      if (name === '.pnpm' || name === '.deno')
        return readdirSync(folder).flatMap((one) => packagesIn(join(folder, one, 'node_modules')));
      if (!existsSync(join(folder, 'package.json'))) return [];
      return [folder, ...packagesIn(join(folder, 'node_modules'))];
    });
}
