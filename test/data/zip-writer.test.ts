import test from 'ava';
import { zipSync } from 'fflate';
import { storedZip } from '#blasnet/npz/zip-writer';

const first = new Date(1980, 0, 1);
const bytes = (text: string) => new TextEncoder().encode(text);

test('storedZip › writes the bytes that fflate writes', async (t) => {
  for (const members of [
    {},
    { 'a.npy': bytes('one') },
    { 'a.npy': bytes('one'), 'weights/größe.npy': bytes(''), 'b.npy': new Uint8Array(70_000).fill(7) },
  ]) {
    t.deepEqual(new Uint8Array(await storedZip(members)), zipSync(members, { level: 0, mtime: first }));
  }
});

test('storedZip › more than the format holds', async (t) => {
  const many = Object.fromEntries(Array.from({ length: 65_535 }, (_, i) => [`${i}`, new Uint8Array()]));
  await t.throwsAsync(storedZip(many), { code: 'ERR_BAD_ARGUMENT', message: /at most 65534 arrays .* received 65535/ });
  await t.throwsAsync(storedZip({ ['é'.repeat(32_768)]: new Uint8Array() }), {
    code: 'ERR_BAD_ARGUMENT',
    message: /^Expected a name of at most 65534 bytes for array name/,
  });
});
