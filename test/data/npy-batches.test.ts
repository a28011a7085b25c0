import { writeFile } from 'node:fs/promises';
import test from 'ava';
import { DataReader, npyBatches, Tensor } from 'blasnet';
import { encodeNpy } from '#blasnet/npz/npy';
import { badArgument, untyped } from '../support/errors.js';
import { fakeRanks } from '../support/fake-ranks.js';
import { temporaryFolder } from '../support/files.js';
import { epochOf } from '../support/streams.js';

const count = 29;
const numbers = Float32Array.from({ length: count * 6 }, (_, i) => Math.sin(i));
const classes = Int16Array.from({ length: count }, (_, i) => i % 3);

/** Writes the arrays into a folder of the test. */
async function files(t: Parameters<typeof temporaryFolder>[0], x = encodeNpy([count, 6], numbers)) {
  const folder = await temporaryFolder(t);
  const paths = { x: `${folder}/x.npy`, y: `${folder}/y.npy` };
  await writeFile(paths.x, x);
  await writeFile(paths.y, encodeNpy([count], classes));
  return paths;
}

test('rows of files come in pieces, and ranks read their own', async (t) => {
  const paths = await files(t);
  const whole = DataReader.fromBatches(npyBatches({ ...paths, rows: 4 }));
  await whole.readData();
  t.is(whole.numTrain, count);
  const { x, y } = await epochOf(whole);
  t.deepEqual(x, Tensor.from(numbers, [count, 6]).toArray());
  t.deepEqual(
    y,
    Array.from(classes, (one) => [one]),
  );
  const readers = fakeRanks(2).map((communicator) =>
    DataReader.fromBatches(npyBatches(paths), { communicator, batchSize: 10 }),
  );
  await Promise.all(readers.map((reader) => reader.readData()));
  t.deepEqual((await epochOf(readers[0]!)).x, [...x.slice(0, 5), ...x.slice(10, 15), ...x.slice(20, 24)]);
  t.deepEqual((await epochOf(readers[1]!)).x, [...x.slice(5, 10), ...x.slice(15, 20), ...x.slice(24)]);
});

test('float64 stays float64, and other numbers become float32', async (t) => {
  const paths = await files(t, encodeNpy([count, 2, 3], Float64Array.from(numbers)));
  let batches = 0;
  for await (const batch of npyBatches(paths)({ rank: 0, size: 1, ranges: () => [[3, 5]] })) {
    const [x, y] = [batch.x as Tensor, batch.y as Tensor];
    t.deepEqual([x.dtype, y.dtype], ['float64', 'float32']);
    t.deepEqual(x.shape, [2, 2, 3]);
    t.deepEqual(x.data, Float64Array.from(numbers).subarray(18, 30));
    batches++;
  }
  t.is(batches, 1);
});

test('files that are no rows are refused', async (t) => {
  const read = (paths: { x: string; y: string }) => DataReader.fromBatches(npyBatches(paths)).readData();
  const short = await files(t, encodeNpy([count - 1, 6], numbers.subarray(6)));
  await t.throwsAsync(read(short), {
    code: 'ERR_SHAPE_MISMATCH',
    message: /^Expected 28 rows, as in .* but received 29$/,
  });
  const fortran = Buffer.from(encodeNpy([count, 6], numbers));
  fortran.write("'fortran_order': True, ", fortran.indexOf("'fortran_order'"), 'latin1');
  await t.throwsAsync(read(await files(t, fortran)), { code: 'ERR_BAD_FILE', message: /row-major order/ });
  await t.throwsAsync(read(await files(t, encodeNpy([], Float32Array.of(1)))), {
    message: /but received a single number$/,
  });
  await t.throwsAsync(read(await files(t, new Uint8Array(30))), { code: 'ERR_BAD_FILE' });
  await t.throwsAsync(read({ x: '/nowhere.npy', y: '/nowhere.npy' }), { code: 'ERR_BAD_FILE' });
  t.throws(() => npyBatches(untyped({ x: 'x.npy' })), badArgument(/^Expected the name of a file for y/));
  t.throws(() => npyBatches({ x: 'x', y: 'y', rows: 0 }), badArgument(/for rows but received 0$/));
});
