import { readFile } from 'node:fs/promises';
import { BlasnetError } from 'blasnet';
import type { Format } from '../format.js';

const refuse = (code: 'ERR_BAD_FILE' | 'ERR_BAD_ARGUMENT', message: string) => {
  throw new BlasnetError(code, message);
};

/** What no reader may do, and goes on from. */
const wrongs: readonly ((path: string) => unknown)[] = [
  () => (undefined as unknown as string).length,
  (path) => refuse('ERR_BAD_ARGUMENT', `Expected something in '${path}' but received soup`),
  () => refuse('ERR_BAD_FILE', 'Expected something but received soup'),
  (path) => refuse('ERR_BAD_FILE', `'${path}' is bad`),
  (path) => refuse('ERR_BAD_FILE', `Expected '${path}' but received ${'soup '.repeat(1000)}`),
  () => new Uint8Array(2 ** 28), // never touched
  () => new Uint8Array(2 ** 28).fill(1),
  () => {
    const start = process.cpuUsage().user;
    while (process.cpuUsage().user - start < 1.2e6) new Uint8Array(2 ** 20).fill(1);
  },
];
let inputs = 0;

/** A reader that reads its only valid file, and does that with every other. */
function reader(read: (path: string) => unknown): Format {
  return {
    file: 'input.bin',
    codes: ['ERR_BAD_FILE'],
    seconds: 1,
    corpus: async () => [Uint8Array.of(1)],
    edit: () => Uint8Array.of(2, 2),
    async read(path) {
      if ((await readFile(path))[0] !== 1) await read(path);
    },
  };
}

/** Readers in which the fuzzer is seen to find what is wrong. */
export const formats: Readonly<Record<string, Format>> = {
  wrongs: reader((path) => wrongs[inputs++]?.(path)),
  abort: reader(() => process.abort()),
  unkept: reader(() => new Promise(() => undefined)),
};
