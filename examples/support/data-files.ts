import { fileURLToPath } from 'node:url';

/** Where a file of the project's folder `data` is, seen from build/dev/examples/support. */
export function dataFile(path: string): string {
  return fileURLToPath(new URL(`../../../../data/${path}`, import.meta.url));
}
