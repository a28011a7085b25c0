import { readFile } from 'node:fs/promises';
import { BlasnetError } from 'blasnet';
import type { Format } from '../format.js';

const kept: Uint8Array[] = [];

/** A reader that reads its only valid file, and does that with every other. */
function reader(read: (path: string) => unknown): Format {
  return {
    file: 'input.bin',
    codes: ['ERR_BAD_FILE'],
    corpus: async () => [Uint8Array.of(1)],
    edit: () => Uint8Array.of(2, 2),
    async read(path) {
      if ((await readFile(path))[0] !== 1) await read(path);
    },
  };
}

function fails(code: 'ERR_BAD_FILE' | 'ERR_BAD_ARGUMENT', message: (path: string) => string): Format {
  return reader((path) => {
    throw new BlasnetError(code, message(path));
  });
}

/** Readers that do what none may do, so that the fuzzer is seen to find it. */
export const formats: Readonly<Record<string, Format>> = {
  typeError: reader(() => (undefined as unknown as string).length),
  code: fails('ERR_BAD_ARGUMENT', (path) => `Expected something in '${path}' but received soup`),
  nameless: fails('ERR_BAD_FILE', () => 'Expected something but received soup'),
  formless: fails('ERR_BAD_FILE', (path) => `'${path}' is bad`),
  endless: fails('ERR_BAD_FILE', (path) => `Expected '${path}' but received ${'soup '.repeat(1000)}`),
  abort: reader(() => process.abort()),
  unkept: reader(() => new Promise(() => undefined)),
  memory: reader(() => kept.push(new Uint8Array(2 ** 28).fill(1))),
  untouched: reader(() => kept.push(new Uint8Array(2 ** 29))),
  slow: {
    ...reader(() => {
      const start = performance.now();
      while (performance.now() - start < 1000);
    }),
    seconds: 0.05,
  },
};
