import type { Transform } from 'node:stream';
import zlib, { gzipSync } from 'node:zlib';
import test from 'ava';
import { MnistImageDataReader } from 'blasnet';
import { badFile, shapeMismatch } from '../support/errors.js';
import { idx, temporaryFolder, write } from '../support/files.js';

/** Bytes that zlib's streams have unpacked since the file was loaded. */
let inflated = 0;
const { Gunzip } = zlib as unknown as { Gunzip: typeof Transform };
const { push } = Gunzip.prototype;
Gunzip.prototype.push = function (piece: Uint8Array | null, ...rest) {
  inflated += piece?.length ?? 0;
  return push.call(this, piece, ...rest);
};

const rows = 20_000;
const images = gzipSync(idx([rows, 28, 28], new Uint8Array(784 * rows))); // 15 MB of black in 15 KB
const total = 16 + 784 * rows;
/** The headers' share, which zlib reads ahead of. */
const peeked = 2 ** 16;

async function inflatedBy(read: () => Promise<unknown>): Promise<number> {
  const before = inflated;
  await read();
  return inflated - before;
}

test.serial('images are unpacked once, into as many bytes as their header says', async (t) => {
  const folder = await temporaryFolder(t);
  const trainImages = await write(folder, 'images', images);
  const trainLabels = await write(folder, 'labels', gzipSync(idx([rows], new Uint8Array(rows))));
  const reader = new MnistImageDataReader({ trainImages, trainLabels });
  const bytes = await inflatedBy(() => reader.readData());
  t.true(bytes >= total + 8 + rows && bytes < total + 8 + rows + peeked, `${bytes}`);
  t.is(reader.numTrain, rows);
});

test.serial('images are not unpacked where there are fewer or more labels', async (t) => {
  const folder = await temporaryFolder(t);
  const trainImages = await write(folder, 'images', images);
  for (const count of [1, rows - 1, rows + 1]) {
    const trainLabels = await write(folder, 'labels', gzipSync(idx([count], new Uint8Array(count))));
    const reading = () =>
      t.throwsAsync(
        new MnistImageDataReader({ trainImages, trainLabels }).readData(),
        shapeMismatch(/^Expected 20000 rows, one for each image, for the labels in '.*labels' but received \d+$/),
      );
    t.true((await inflatedBy(reading)) < peeked);
  }
});

test.serial('images are not unpacked where the labels are damaged', async (t) => {
  const folder = await temporaryFolder(t);
  const trainImages = await write(folder, 'images', images);
  const packed = gzipSync(
    idx(
      [rows],
      new Uint8Array(rows).map((_, i) => (i * i) % 10),
    ),
  );
  for (const labels of [packed.subarray(0, -9), gzipSync(Buffer.concat([idx([rows], new Uint8Array(rows)), packed]))]) {
    const trainLabels = await write(folder, 'labels', labels);
    const reader = new MnistImageDataReader({ trainImages, trainLabels });
    const bytes = await inflatedBy(() => t.throwsAsync(reader.readData(), badFile(/labels' but received/)));
    t.true(bytes < 2 * rows + 2 ** 18, `${bytes}`);
  }
});

test.serial('no more is unpacked than the header says', async (t) => {
  const folder = await temporaryFolder(t);
  const more = gzipSync(Buffer.concat([idx([1, 28, 28], new Uint8Array(784)), new Uint8Array(50_000_000)]));
  const trainImages = await write(folder, 'images', more);
  const trainLabels = await write(folder, 'labels', idx([1], Uint8Array.of(1)));
  const reader = new MnistImageDataReader({ trainImages, trainLabels });
  const refusal = badFile(/gzipped IDX data of 800 bytes in '.*images' but received more than that$/);
  const bytes = await inflatedBy(() => t.throwsAsync(reader.readData(), refusal));
  t.true(bytes < 2 ** 18, `${bytes}`);
});
