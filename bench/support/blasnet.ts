import {
  ActivationLayer,
  ClassificationLayer,
  ConvLayer,
  DataReader,
  type DType,
  FlattenLayer,
  FullyConnectedLayer,
  HyperParameters,
  MaxPoolLayer,
  MnistImageDataReader,
  NeuralNet,
  type Precision,
  Tensor,
} from 'blasnet';
import { type DataFiles, readFloats } from '../data.js';
import {
  type ConvolutionShape,
  convolutionShapes,
  inputsOf,
  type LayerPart,
  layerParts,
  type Workload,
} from '../workloads.js';

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
    xTrain: tensorOf(xTrain, [rows, inputsOf(workload)], dtype),
    yTrain: tensorOf(yTrain, [rows, widths.at(-1)!], dtype),
  });
}

/** The workload's net with the weights of a file. */
export async function buildNet(
  workload: Workload,
  {
    maxEpoch,
    weights: file,
    dtype,
    precision,
  }: { maxEpoch: number; weights: string; dtype: DType; precision?: Precision | undefined },
): Promise<NeuralNet> {
  const { last, learningRate, batch: batchSize, hidden, optimizer, name } = workload;
  const netType = last === 'softmax' ? 'multipleClassifier' : 'fitting';
  const params = new HyperParameters({
    netType,
    learningRate,
    batchSize,
    maxEpoch,
    optimizer,
    dtype,
    seed: 1,
    ...(precision && { precision }),
  });
  const net = new NeuralNet(params, name);
  const all = layerParts(workload, await readFloats(file));
  const shapes = convolutionShapes(workload);
  shapes.forEach((shape, i) => {
    addConvolution(net, shape, all[i]!, dtype);
  });
  if (shapes.length > 0) net.addLayer(new FlattenLayer());
  const parts = all.slice(shapes.length);
  parts.forEach(({ inputs, outputs, weights, bias }, i) => {
    const layer = new FullyConnectedLayer(inputs, outputs);
    net.addLayer(layer);
    layer.setWeights({ W: tensorOf(weights, [inputs, outputs], dtype), B: tensorOf(bias, [1, outputs], dtype) });
    if (i < parts.length - 1) net.addLayer(new ActivationLayer(hidden));
  });
  if (last === 'softmax') net.addLayer(new ClassificationLayer('softmax'));
  return net;
}

function addConvolution(net: NeuralNet, shape: ConvolutionShape, part: LayerPart, dtype: DType): void {
  const { input, output, kernelSize, padding, pools } = shape;
  const layer = new ConvLayer({ inputShape: input, filters: output[0], kernelSize, padding });
  net.addLayer(layer);
  const weights = transposed(part.weights, part.inputs, part.outputs);
  layer.setWeights({
    W: tensorOf(weights, [part.outputs, input[0], kernelSize, kernelSize], dtype),
    B: tensorOf(part.bias, [1, part.outputs], dtype),
  });
  net.addLayer(new ActivationLayer('relu'));
  if (pools) net.addLayer(new MaxPoolLayer({ inputShape: output, poolSize: 2 }));
}

/** For each layer W, then B, as float32 and as the benchmark's files have them. */
export function parametersOf(net: NeuralNet): Float32Array {
  const values = net.layers.flatMap(({ kind, weights }) =>
    Object.entries(weights).flatMap(([name, { data, shape }]) => {
      const isKernel = kind === 'convolution' && name === 'W';
      const [filters] = shape;
      return Array.from(isKernel ? transposed(Float32Array.from(data), filters!, data.length / filters!) : data);
    }),
  );
  return Float32Array.from(values);
}

/** columns×rows of a matrix of rows×columns */
function transposed(values: Float32Array, rows: number, columns: number): Float32Array {
  return values.map((_, i) => values[(i % rows) * columns + Math.floor(i / rows)]!);
}

const tensorOf = (values: Float32Array, shape: number[], dtype: DType) =>
  Tensor.from(dtype === 'float64' ? Float64Array.from(values) : values, shape);
