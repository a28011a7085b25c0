import { copyFile, readFile, writeFile } from 'node:fs/promises';
import test from 'ava';
import { BlasnetError, FullyConnectedLayer, HyperParameters, NeuralNet, readSafetensors } from 'blasnet';
import { badFile } from '../support/errors.js';
import { temporaryFolder } from '../support/files.js';
import { withFlippedBits } from '../support/flips.js';
import { fittingNet, fittingReader, weightsOf } from '../support/nets.js';
import { plainParse } from '../support/safetensors.js';

const isBadFile = (error: unknown) => error instanceof BlasnetError && error.code === 'ERR_BAD_FILE';

const smallNet = () =>
  new NeuralNet(new HyperParameters({ netType: 'fitting', seed: 2 }), 'n').addLayer(new FullyConnectedLayer(2, 1), 'f');

test('a model file with any one bit flipped is refused', async (t) => {
  const file = `${await temporaryFolder(t)}/model`;
  await smallNet().save(file);
  const whole = await readFile(file);
  const taken: number[] = [];
  await withFlippedBits(file, { from: 0, to: 8 * whole.length }, async (bit) => {
    const error = await NeuralNet.load(file).then(() => 'loaded', String);
    if (!/^BlasnetError: Expected .* but received /.test(error)) taken.push(bit);
  });
  t.deepEqual(taken, []);
  t.deepEqual(await readFile(file), whole);
  t.deepEqual(weightsOf(await NeuralNet.load(file)), weightsOf(smallNet()));
});

test.serial('a checkpoint with one bit flipped is passed over for the older one', async (t) => {
  const file = `${await temporaryFolder(t)}/run`;
  const make = () => fittingNet([2, 2, 1], { maxEpoch: 3, batchSize: 16, optimizer: 'momentum' });
  const expected = await make().train(fittingReader(40, 2), { checkpointFile: file, checkpointEvery: 1 });
  const warnings: string[] = [];
  const { emitWarning } = process;
  process.emitWarning = (message: string | Error) => warnings.push(String(message));
  t.teardown(() => {
    process.emitWarning = emitWarning;
  });
  const older = weightsOf(await NeuralNet.load(`${file}.1`));
  t.notDeepEqual(weightsOf(await NeuralNet.load(file)), older);
  const bits = 8 * (await readFile(file)).length;
  const wrong: number[] = [];
  let flips = 0;
  await withFlippedBits(file, { from: 0, to: bits, step: 13 }, async (bit) => {
    flips++;
    const net = await NeuralNet.resume(file);
    try {
      t.deepEqual(weightsOf(net), older);
      if (flips % 100 !== 0) return;
      const history = await net.train(fittingReader(40, 2));
      t.deepEqual(history.records, expected.records);
    } catch {
      wrong.push(bit);
    }
  });
  t.deepEqual(wrong, []);
  t.true(flips > 1500, `${flips}`);
  t.is(warnings.length, flips);
});

test('a checkpoint with any bit of its own part flipped is refused where there is no older one', async (t) => {
  const file = `${await temporaryFolder(t)}/run`;
  const net = fittingNet([1, 1], { maxEpoch: 2, optimizer: 'adam' });
  await net.train(fittingReader(8, 1), { checkpointFile: file, checkpointEvery: 1, keepCheckpoints: 1 });
  const bytes = await readFile(file);
  const start = 8 * bytes.indexOf('"training":"');
  const wrong: number[] = [];
  for (const open of [NeuralNet.load, NeuralNet.resume]) {
    // All bits of the state and of the data behind the header; `load` reads neither.
    await withFlippedBits(file, { from: start, to: 8 * bytes.length, step: 9 }, async (bit) => {
      const error: unknown = await open(file).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      if (!isBadFile(error)) wrong.push(bit);
    });
  }
  t.deepEqual(wrong, []);
});

test('the checksum of the header is that of the published description', async (t) => {
  const { crc32 } = await import('#blasnet/core/crc32');
  const file = `${await temporaryFolder(t)}/model`;
  await smallNet().save(file);
  const bytes = await readFile(file);
  const { metadata } = plainParse(bytes);
  const header = bytes.subarray(0, 8 + Number(bytes.readBigUInt64LE()));
  const zeros = header.toString('latin1').replace(`"checksum":"${metadata.checksum}"`, '"checksum":"00000000"');
  t.is(metadata.checksum, crc32(Buffer.from(zeros, 'latin1')).toString(16).padStart(8, '0'));
  t.is(metadata.formatVersion, '2');
  const { tensors } = await readSafetensors(file);
  t.deepEqual(Object.keys(JSON.parse(metadata.checksums!)).sort(), Object.keys(tensors).sort());
});

/** The same file with another text in its metadata, which has as many bytes. */
const changed = (bytes: Buffer, from: string, to: string) =>
  Buffer.from(bytes.toString('latin1').replace(from, to), 'latin1');

test('what a file leaves out in favour of its checksums', async (t) => {
  const file = `${await temporaryFolder(t)}/model`;
  await smallNet().save(file);
  const bytes = await readFile(file);
  const refused: readonly (readonly [from: string, to: string, message: RegExp])[] = [
    ['"checksum":', '"chucksum":', /^Expected metadata with 'checksum' in '/],
    ['"formatVersion":"2"', '"formatVersion":"3"', /^Expected checksum [0-9a-f]{8} in the header of '/],
    ['"name":"n"', '"name":"m"', /another program has changed it$/],
  ];
  for (const [from, to, message] of refused) {
    await writeFile(file, changed(bytes, from, to));
    await t.throwsAsync(NeuralNet.load(file), badFile(message));
  }
  await writeFile(file, changed(bytes, '"name":"n"', '"name":"m"'));
  await t.throwsAsync(readSafetensors(file), badFile(/^Expected checksum [0-9a-f]{8} in the header of '/));
});

test('files of format version 1 have no checksum of their header, and load', async (t) => {
  const file = `${await temporaryFolder(t)}/model`;
  await smallNet().save(file);
  const bytes = await readFile(file);
  // Spaces in place of the digits are no checksum either, and keep the length.
  const older = changed(bytes, '"formatVersion":"2"', '"formatVersion":"1"');
  const digits = /,"checksum":"[0-9a-f]{8}"/.exec(older.toString('latin1'))![0];
  await writeFile(file, changed(older, digits, ' '.repeat(digits.length)));
  t.deepEqual(weightsOf(await NeuralNet.load(file)), weightsOf(smallNet()));
  await copyFile('test/fixtures/safetensors/net.safetensors', file);
  t.is((await NeuralNet.load(file)).name, 'from Python');
});
