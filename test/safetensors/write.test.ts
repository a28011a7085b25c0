import { readdir, readFile } from 'node:fs/promises';
import test from 'ava';
import { readSafetensors, Tensor, writeSafetensors } from 'blasnet';
import fc from 'fast-check';
import { badArgument, badFile, untyped } from '../support/errors.js';
import { temporaryFolder } from '../support/files.js';
import { numbers } from '../support/nets.js';
import { plainParse } from '../support/safetensors.js';

test('files follow the published format', async (t) => {
  const path = `${await temporaryFolder(t)}/x.safetensors`;
  const tensors = {
    'fc1.W': Tensor.from(numbers(6), [2, 3]),
    'fc1.B': Tensor.from([0.1, Number.NaN, -0], [3], 'float64'),
    empty: Tensor.zeros([4, 0]),
    scalar: Tensor.from([2], []),
    part: Tensor.from(numbers(8), [4, 2]).slice(1, 3),
  };
  await writeSafetensors(path, tensors, { format: 'blasnet', 'ü"\n': '\u0000' });
  const { metadata, tensors: parsed } = plainParse(await readFile(path));
  t.deepEqual(metadata, { format: 'blasnet', 'ü"\n': '\u0000' });
  t.deepEqual([...parsed.keys()].sort(), Object.keys(tensors).sort());
  for (const [name, { dtype, shape, data }] of Object.entries(tensors)) {
    const { bytes, ...rest } = parsed.get(name)!;
    t.deepEqual(rest, { dtype: dtype === 'float32' ? 'F32' : 'F64', shape });
    t.deepEqual(bytes, Buffer.from(data.buffer, data.byteOffset, data.byteLength));
  }
  t.is((await readFile(path)).readUInt32LE() % 8, 0);
});

test('write, then read', async (t) => {
  const path = `${await temporaryFolder(t)}/x.safetensors`;
  const text = fc.string({ unit: 'binary', maxLength: 8 }).filter((name) => name !== '__metadata__');
  const shape = fc.array(fc.nat(3), { maxLength: 4 });
  const tensor = fc.tuple(shape, fc.constantFrom('float32', 'float64'), fc.nat()).map(([lengths, dtype, seed]) => {
    const size = lengths.reduce((product, length) => product * length, 1);
    return Tensor.from([...numbers(size, seed + 1)], lengths, dtype);
  });
  await fc.assert(
    fc.asyncProperty(fc.dictionary(text, tensor), fc.dictionary(text, text), async (tensors, metadata) => {
      await writeSafetensors(path, tensors, metadata);
      const back = await readSafetensors(path);
      t.deepEqual({ ...back.metadata }, { ...metadata });
      t.deepEqual(Object.keys(back.tensors).sort(), Object.keys(tensors).sort());
      for (const [name, { data, shape }] of Object.entries(tensors))
        t.deepEqual(back.tensors[name], { shape: [...shape], data });
    }),
    { seed: 6, numRuns: 100 },
  );
});

test('what cannot be written', async (t) => {
  const folder = await temporaryFolder(t);
  const path = `${folder}/x.safetensors`;
  const a = Tensor.from([1]);
  await t.throwsAsync(writeSafetensors(path, { __metadata__: a }), badArgument(/names other than __metadata__/));
  await t.throwsAsync(writeSafetensors(path, { a: untyped([1]) }), badArgument(/a Tensor for a/));
  await t.throwsAsync(writeSafetensors(path, { a }, { b: untyped(1) }), badArgument(/a string for metadata.b/));
  await t.throwsAsync(writeSafetensors(path, {}, { b: 'x'.repeat(2 ** 24) }), badArgument(/at most 16777216 bytes/));
  await t.throwsAsync(writeSafetensors('/dev/null/x', { a }), badFile(/a writable file .*ENOTDIR/));
  for (const value of [undefined, null, 5]) {
    await t.throwsAsync(
      writeSafetensors(path, untyped(value)),
      badArgument(/tensors by name for tensors but received/),
    );
  }
  const gone = Tensor.from([1]);
  structuredClone(gone.data.buffer, { transfer: [gone.data.buffer as ArrayBuffer] });
  await t.throwsAsync(writeSafetensors(path, { gone }), badArgument(/a detached buffer/));
  t.deepEqual(await readdir(folder), []);
});
