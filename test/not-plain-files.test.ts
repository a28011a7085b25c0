import { execFileSync } from 'node:child_process';
import { mkdir, rename, symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import {
  CifarImageReader,
  DataReader,
  FullyConnectedLayer,
  MnistImageDataReader,
  NeuralNet,
  readNpz,
  readSafetensors,
  Tensor,
  writeNpz,
} from 'blasnet';
import { tensor, writeModel } from './onnx/models.js';
import { badFile } from './support/errors.js';
import { idx, temporaryFolder, write } from './support/files.js';
import { fittingNet } from './support/nets.js';

// A pipe would never answer (its test would not end), and /dev/zero fill the memory.

/** Makes what is no plain file at a path. */
const kinds: Readonly<Record<string, (path: string, t: ExecutionContext) => Promise<unknown>>> = {
  'a pipe': async (path) => execFileSync('mkfifo', [path]),
  'a device': (path) => symlink('/dev/zero', path),
  'a folder': (path) => mkdir(path),
  async 'a socket'(path, t) {
    const server = createServer().unref();
    t.teardown(() => server.close());
    // Names of sockets are short; the system's temporary folder may not be.
    const made = join(await temporaryFolder(t), 's');
    await new Promise<void>((resolve) => server.listen(made, resolve));
    await rename(made, path);
  },
};

const images = idx([1, 2, 2], Uint8Array.of(1, 2, 3, 4));

const labels = idx([1], Uint8Array.of(1));

/** Every public reader of files. */
const readers: Readonly<Record<string, (path: string, t: ExecutionContext) => Promise<unknown>>> = {
  readNpz: (path) => readNpz(path),
  'DataReader, npz': (train) => new DataReader({ train }).readData(),
  'DataReader, test of npz': async (path, t) => {
    const train = join(await temporaryFolder(t), 'train.npz');
    await writeNpz(train, { data: Tensor.from([[1, 2]]), label: Tensor.from([[1]]) });
    await new DataReader({ train, test: path }).readData();
  },
  'DataReader, CSV': (train) => new DataReader({ train, format: 'csv', label: 'a' }).readData(),
  'DataReader, test of CSV': async (path, t) => {
    const train = await write(await temporaryFolder(t), 'train.csv', 'a,b\n1,2\n3,4\n');
    await new DataReader({ train, test: path, format: 'csv', label: 'a' }).readData();
  },
  'MnistImageDataReader, images': async (trainImages, t) => {
    const trainLabels = await write(await temporaryFolder(t), 'labels', labels);
    await new MnistImageDataReader({ trainImages, trainLabels }).readData();
  },
  'MnistImageDataReader, labels': async (trainLabels, t) => {
    const trainImages = await write(await temporaryFolder(t), 'images', images);
    await new MnistImageDataReader({ trainImages, trainLabels }).readData();
  },
  'CifarImageReader, images': (train) => new CifarImageReader({ train }).readData(),
  'CifarImageReader, names': (classNames) =>
    new CifarImageReader({ train: 'test/fixtures/cifar/train.bin', classNames }).readData(),
  readSafetensors: (path) => readSafetensors(path),
  'NeuralNet.load': (path) => NeuralNet.load(path),
  'NeuralNet.resume': (path) => NeuralNet.resume(path),
  'NeuralNet.fromOnnx': (path) => NeuralNet.fromOnnx(path),
  'net.loadWeights': async (path) => {
    await rename(path, join(dirname(path), 'fc1.npz'));
    await fittingNet([2, 1]).loadWeights(dirname(path));
  },
  'net.loadInitialValues': async (path) => {
    await rename(path, join(dirname(path), 'fc1.npz'));
    await fittingNet([2, 1]).loadInitialValues(dirname(path));
  },
  'layer.loadWeights': async (path) => {
    await rename(path, join(dirname(path), 'fc1.npz'));
    await new FullyConnectedLayer(2, 1).loadWeights(dirname(path), 'fc1');
  },
};

for (const [kind, make] of Object.entries(kinds)) {
  for (const [name, read] of Object.entries(readers)) {
    test(`${kind} is refused by ${name}`, async (t) => {
      const path = join(await temporaryFolder(t), 'input');
      await make(path, t);
      await t.throwsAsync(
        read(path, t),
        badFile(new RegExp(`^Expected a readable .* file at '.*' but received ${kind}$`)),
      );
    });
  }
}

for (const kind of ['a pipe', 'a socket']) {
  test(`${kind} is refused as the external data of an ONNX model`, async (t) => {
    const externalData = [{ key: 'location', value: 'w.bin' }];
    const file = await writeModel(t, {
      nodes: [['Gemm', ['x', 'w', 'b'], 'y']],
      tensors: [{ name: 'w', dims: [3, 2], dataType: 1, dataLocation: 1, externalData }, tensor('b', [2], [1, 2])],
    });
    await kinds[kind]!(join(dirname(file), 'w.bin'), t);
    await t.throwsAsync(NeuralNet.fromOnnx(file), badFile(new RegExp(`w.bin' but received ${kind}$`)));
  });
}
