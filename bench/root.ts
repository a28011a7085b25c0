import { fileURLToPath } from 'node:url';

/** The repository's folder, seen from build/dev/bench/. */
export const root = fileURLToPath(new URL('../../../', import.meta.url));
