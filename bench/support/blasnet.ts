import {
  ActivationLayer,
  ClassificationLayer,
  DataReader,
  type DType,
  FullyConnectedLayer,
  HyperParameters,
  MnistImageDataReader,
  NeuralNet,
  Tensor,
} from 'blasnet';
import { type DataFiles, readFloats } from '../data.js';
import { layerParts, type Workload } from '../workloads.js';

/** A reader of the rows: of images where there are any, as bytes, and of tensors otherwise. */
export async function readRows(workload: Workload, files: DataFiles, dtype: DType): Promise<DataReader> {
  const { rows, x, y, images, labels } = files;
  if (images !== undefined && labels !== undefined) {
    const reader = new MnistImageDataReader({ trainImages: images, trainLabels: labels });
    await reader.readData();
    reader.normalizeX();
    reader.normalizeY('multipleClassifier');
    return reader;
  }
  const { widths } = workload;
  const [xTrain, yTrain] = await Promise.all([readFloats(x), readFloats(y)]);
  return DataReader.fromTensors({
    xTrain: tensorOf(xTrain, [rows, widths[0]!], dtype),
    yTrain: tensorOf(yTrain, [rows, widths.at(-1)!], dtype),
  });
}

/** The workload's net with the weights of a file. */
export async function buildNet(
  workload: Workload,
  { maxEpoch, weights: file, dtype }: { maxEpoch: number; weights: string; dtype: DType },
): Promise<NeuralNet> {
  const { last, learningRate, batch: batchSize, hidden, optimizer, name } = workload;
  const netType = last === 'softmax' ? 'multipleClassifier' : 'fitting';
  const params = new HyperParameters({ netType, learningRate, batchSize, maxEpoch, optimizer, dtype, seed: 1 });
  const net = new NeuralNet(params, name);
  const parts = layerParts(workload, await readFloats(file));
  parts.forEach(({ inputs, outputs, weights, bias }, i) => {
    const layer = new FullyConnectedLayer(inputs, outputs);
    net.addLayer(layer);
    layer.setWeights({ W: tensorOf(weights, [inputs, outputs], dtype), B: tensorOf(bias, [1, outputs], dtype) });
    if (i < parts.length - 1) net.addLayer(new ActivationLayer(hidden));
  });
  if (last === 'softmax') net.addLayer(new ClassificationLayer('softmax'));
  return net;
}

/** For each layer W, then B, as float32. */
export function parametersOf(net: NeuralNet): Float32Array {
  return Float32Array.from(
    net.layers.flatMap(({ weights }) => Object.values(weights).flatMap(({ data }) => [...data])),
  );
}

const tensorOf = (values: Float32Array, shape: number[], dtype: DType) =>
  Tensor.from(dtype === 'float64' ? Float64Array.from(values) : values, shape);
