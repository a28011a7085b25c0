import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import { NeuralNet, readNpz, readSafetensors, writeNpz } from 'blasnet';
import { zipSync } from 'fflate';
import { badArgument, badFile } from '../support/errors.js';
import { temporaryFolder, write } from '../support/files.js';
import { fittingNet, fittingReader } from '../support/nets.js';

const zip = (...names: readonly string[]) =>
  zipSync(Object.fromEntries(names.map((name) => [name, Buffer.from('x')])), { level: 0 });

/** The first bytes of files of other formats, as their programs write them, and how a message calls them. */
const formats: Readonly<Record<string, readonly [content: Uint8Array | string, name: RegExp]>> = {
  'package.json': [JSON.stringify({ name: 'blasnet', version: '0.1.0' }, null, 2), /JSON$/],
  'list.json': ['[1]', /JSON$/],
  'empty.json': ['{}', /JSON$/],
  'nothing.safetensors': ['', /an empty file$/],
  'notes.txt': ['Dies ist ein Text, kein Modell: größer.\n', /text$/],
  'rows.csv': ['a,b,price\n1,2,3\n', /text$/],
  'page.html': ['<!DOCTYPE html>\n<html><body>Not found</body></html>', /HTML \(a download that failed\?\)$/],
  'lfs.safetensors': [
    'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n',
    /a pointer of Git LFS \(git lfs pull fetches the file\)$/,
  ],
  'model.h5': [Buffer.from('\x89HDF\r\n\x1a\n\x00\x00\x00\x00\x00\x08\x08\x00', 'latin1'), /an HDF5 file.*fromOnnx/],
  'model.keras': [zip('metadata.json', 'config.json', 'model.weights.h5'), /a Keras file \(export .*fromOnnx/],
  'model.pt': [zip('model/data.pkl', 'model/version'), /a PyTorch file \(export .*fromOnnx/],
  'old.pth': [Buffer.from('\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.', 'latin1'), /Python's pickle.*fromOnnx/],
  'arrays.npz': [zip('fc1.npy'), /an npz file \(net.loadWeights .* readNpz arrays\)$/],
  'array.npy': [Buffer.from('\x93NUMPY\x01\x00v\x00{', 'latin1'), /an npy array$/],
  'other.zip': [zip('readme.md'), /a zip archive$/],
  'model.gz': [gzipSync('x'.repeat(100)), /gzipped data \(unpack it first\)$/],
  'model.tflite': [Buffer.from('\x1c\x00\x00\x00TFL3\x14\x00\x20\x00', 'latin1'), /a TensorFlow Lite model$/],
};

for (const [name, [content, message]] of Object.entries(formats)) {
  test(`load says what a file is: ${name}`, async (t) => {
    const file = await write(await temporaryFolder(t), name, content);
    const refusal = badFile(new RegExp(`^Expected a safetensors file in '.*' but received ${message.source}`));
    await t.throwsAsync(NeuralNet.load(file), refusal);
    await t.throwsAsync(NeuralNet.resume(file), refusal);
    await t.throwsAsync(readSafetensors(file), refusal);
  });
}

test('load says what a file is: models that blasnet and others have exported', async (t) => {
  const folder = await temporaryFolder(t);
  const onnx = `${folder}/net.onnx`;
  await fittingNet([2, 1]).exportOnnx(onnx);
  const named = badFile(/received an ONNX model \(NeuralNet.fromOnnx reads it\)$/);
  await t.throwsAsync(NeuralNet.load(onnx), named);
  await t.throwsAsync(NeuralNet.load('test/fixtures/onnx/pytorch/gemm.onnx'), named);
  await writeNpz(`${folder}/a.npz`, { a: fittingNet([2, 1]).layers[0]!.weights.W! });
  await t.throwsAsync(NeuralNet.load(`${folder}/a.npz`), badFile(/received an npz file/));
  const numpy = 'test/fixtures/safetensors/numpy.safetensors';
  await t.throwsAsync(NeuralNet.load(numpy), badFile(/a net that blasnet saved in .* other tensors \(readSafetensors/));
  await t.throwsAsync(
    NeuralNet.load('package.json'),
    badFile(/^Expected a safetensors file in 'package.json' but received JSON$/),
  );
});

test('readers of other formats name what a file is, too', async (t) => {
  const folder = await temporaryFolder(t);
  const model = `${folder}/net.safetensors`;
  await fittingNet([2, 1]).save(model);
  const safetensors = /received a safetensors file \(NeuralNet.load reads models, readSafetensors any tensors\)$/;
  await t.throwsAsync(NeuralNet.fromOnnx(model), badFile(safetensors));
  await t.throwsAsync(
    NeuralNet.fromOnnx('package.json'),
    badFile(/an ONNX model in 'package.json' but received JSON$/),
  );
  await t.throwsAsync(readNpz(model), badFile(safetensors));
  await t.throwsAsync(readNpz('package.json'), badFile(/a whole zip archive in 'package.json' but received JSON$/));
});

test('a model that is cut off is not taken for another format', async (t) => {
  const folder = await temporaryFolder(t);
  const file = `${folder}/model.safetensors`;
  await fittingNet([2, 1]).save(file);
  const cut = await write(folder, 'cut', (await readFile(file)).subarray(0, 500));
  await t.throwsAsync(
    NeuralNet.load(cut),
    badFile(/a header of \d+ bytes in '.*cut' but received a file that ends \d+ bytes/),
  );
});

test('save refuses names that mean other formats, with the call that writes them', async (t) => {
  const folder = await temporaryFolder(t);
  const net = fittingNet([1, 1], { maxEpoch: 1 });
  const endings: Readonly<Record<string, RegExp>> = {
    h5: /\(net.exportOnnx writes ONNX, which other frameworks read\)$/,
    keras: /net.exportOnnx writes ONNX/,
    PTH: /net.exportOnnx writes ONNX/,
    onnx: /\(net.exportOnnx writes it\)$/,
    npz: /net.saveWeights writes a folder of npz files/,
    json: /net.json'$/,
  };
  for (const [ending, advice] of Object.entries(endings)) {
    const file = `${folder}/net.${ending}`;
    const expected = `Expected a name that ends in .safetensors, or in no other format, for`;
    const refusal = (argument: string) => badArgument(new RegExp(`^${expected} ${argument} .*${advice.source}`));
    await t.throwsAsync(net.save(file), refusal('file'));
    const run = net.train(fittingReader(8, 1), { checkpointFile: file });
    await t.throwsAsync(run, refusal('checkpointFile'));
  }
  for (const name of [
    'net.safetensors',
    'net.SAFETENSORS',
    'net',
    'net.v1.2',
    'net.ckpt',
    'net.model',
    '.safetensors',
  ]) {
    await net.save(`${folder}/${name}`);
    await t.notThrowsAsync(NeuralNet.load(`${folder}/${name}`), name);
  }
});

test('exportOnnx refuses names that mean other formats', async (t) => {
  const folder = await temporaryFolder(t);
  const net = fittingNet([1, 1]);
  const file = `${folder}/net.safetensors`;
  const message = /^Expected a name that ends in .onnx, .* for file but received '.*' \(net.save writes it\)$/;
  await t.throwsAsync(net.exportOnnx(file), badArgument(message));
  await t.throwsAsync(net.exportOnnx(`${folder}/net.h5`), badArgument(/^Expected a name that ends in .onnx/));
  for (const name of ['net.onnx', 'net.ONNX', 'net', 'net.pb']) await net.exportOnnx(`${folder}/${name}`);
  await mkdir(`${folder}/copy`);
  await copyFile(`${folder}/net`, `${folder}/copy/net.onnx`);
  t.is((await NeuralNet.fromOnnx(`${folder}/copy/net.onnx`)).layers.length, 1);
});
