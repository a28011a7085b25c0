// Attention as PyTorch exports it: the batch is the second dimension, and is merged with the heads and the steps.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { type AnyTensor, DataReader, type FloatArray, NeuralNet, Tensor } from 'blasnet';
import { InferenceSession, Tensor as OnnxTensor } from 'onnxruntime-node';
import { temporaryFolder } from '../support/files.js';
import { differences, type Numbers } from '../support/numerics.js';

const folder = 'test/fixtures/onnx';
const tolerance = { rtol: 1e-5, atol: 1e-5 };

interface Expected {
  readonly inputs: Readonly<Record<string, Numbers>>;
  readonly y: Numbers;
  /** Labels, what PyTorch predicts after three steps of training on them, and the losses of these steps. */
  readonly target: Numbers;
  readonly trained: Numbers;
  readonly losses: readonly number[];
}

/** The inputs that are whole numbers, or truth values. */
const isWhole = (name: string, input: string) =>
  input === 'padding' || input === 'types' || name.startsWith('words') || (name === 'bert' && input === 'x');

/** The inputs with the rows in front; one alone is a tensor. */
function rowsOf(name: string, { inputs }: Expected): AnyTensor | Record<string, AnyTensor> {
  const tensors = Object.entries(inputs).map(([key, { shape, data }]) => {
    const type = isWhole(name, key) ? 'int32' : 'float32';
    return [key, Tensor.from(data.map(Number), shape, type)] as const;
  });
  return tensors.length === 1 ? tensors[0]![1] : Object.fromEntries(tensors);
}

const floats = ({ shape, data }: Numbers) => Tensor.from(data, shape, 'float32');

/** A bias of a recurrent layer of PyTorch is two parameters, each of which training changes. */
const hasOwnBiases = (name: string) => name.startsWith('lstm');

for (const version of ['1', '2']) {
  const all = JSON.parse(readFileSync(`${folder}/attention-${version}.json`, 'utf8')) as Record<string, Expected>;
  for (const [name, given] of Object.entries(all)) {
    const file = `${folder}/attention-${version}/${name}.onnx`;

    test(`attention of PyTorch ${version} predicts the same here: ${name}`, async (t) => {
      const net = await NeuralNet.fromOnnx(file);
      const y = net.inference<Tensor>(rowsOf(name, given) as Tensor);
      t.deepEqual(y.shape, given.y.shape);
      t.deepEqual(differences(y.data as FloatArray, given.y.data as never, tolerance), []);
    });

    test(`attention of PyTorch ${version} trains as there: ${name}`, async (t) => {
      const [rows] = given.y.shape as [number];
      const params = { learningRate: 0.01, optimizer: 'sgd', maxEpoch: 3, batchSize: rows } as const;
      const net = await NeuralNet.fromOnnx(file, { params });
      const [xTrain, yTrain] = [rowsOf(name, given), floats(given.target)];
      const before = net.test(xTrain as never, yTrain).loss;
      t.true(Math.abs(before - given.losses[0]!) < 1e-4);
      await net.train(DataReader.fromTensors({ xTrain, yTrain } as never));
      t.true(net.test(xTrain as never, yTrain).loss < before);
      if (hasOwnBiases(name)) return;
      const y = net.inference<Tensor>(xTrain as Tensor);
      t.deepEqual(differences(y.data as FloatArray, given.trained.data as never, tolerance), []);
    });
  }

  for (const name of ['encoder-padded', 'encoder-causal', 'words-first', 'encoder-steps-first']) {
    test(`attention of PyTorch ${version} can be saved and exported: ${name}`, async (t) => {
      const given = all[name]!;
      const net = await NeuralNet.fromOnnx(`${folder}/attention-${version}/${name}.onnx`);
      const path = await temporaryFolder(t);
      await net.save(join(path, 'net.safetensors'));
      const loaded = await NeuralNet.load(join(path, 'net.safetensors'));
      const y = loaded.inference<Tensor>(rowsOf(name, given) as Tensor);
      t.deepEqual(differences(y.data as FloatArray, given.y.data as never, tolerance), []);
      await net.exportOnnx(join(path, 'net.onnx'));
      const session = await InferenceSession.create(join(path, 'net.onnx'), { intraOpNumThreads: 1 });
      const feeds = Object.entries(given.inputs).map(([key, { shape, data }]) => {
        const numbers = data.map(Number);
        const feed = isWhole(name, key)
          ? new OnnxTensor('int32', Int32Array.from(numbers), shape)
          : new OnnxTensor('float32', Float32Array.from(numbers), shape);
        return [session.inputNames.length === 1 ? session.inputNames[0]! : key, feed] as const;
      });
      const results = await session.run(Object.fromEntries(feeds));
      const exported = results[session.outputNames[0]!]!.data as FloatArray;
      t.deepEqual(differences(exported, given.y.data as never, tolerance), []);
    });
  }
}
