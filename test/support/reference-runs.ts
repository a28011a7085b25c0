// The training runs in test/fixtures/reference, made anew by the library.
import {
  type Activation,
  ActivationLayer,
  type CheckpointRecord,
  ClassificationLayer,
  DataReader,
  FullyConnectedLayer,
  type HyperParameterOptions,
  HyperParameters,
  type Layer,
  type NetType,
  NeuralNet,
  type Tensor,
} from 'blasnet';
import { differences, type Numbers, readReference, type Tolerance, tensorOf } from './numerics.js';

/** The parameters of a fully connected layer, and of what else belongs to it, by their names. */
type Block = Readonly<Record<string, Numbers>>;

/** A net, its weights at the start, and its rows with the validation set among them. */
export interface Problem {
  readonly netType: NetType;
  readonly sizes: readonly number[];
  readonly activation: Activation;
  readonly validation: number;
  readonly x: Numbers;
  readonly y: Numbers;
  readonly start: readonly Block[];
}

/** What the reference did with a problem, and what came of it. */
export interface Run {
  readonly problem: Problem;
  readonly params: Partial<HyperParameterOptions> & { readonly maxEpoch: number; readonly batchSize: number };
  readonly checkpoint: number;
  readonly end: readonly Block[];
  readonly records: readonly Partial<CheckpointRecord>[];
}

/** A run in its file: the problem by name, the records as lists of values in the order of `fields`. */
interface RunInFile extends Omit<Run, 'problem' | 'records'> {
  readonly problem: string;
  readonly records: readonly (readonly number[])[];
}

interface RunsFile {
  readonly fields: readonly (keyof CheckpointRecord)[];
  readonly problems: Readonly<Record<string, Problem>>;
}

/**
 * The runs of a file by name.
 * @param part - of the file
 */
export async function readRuns<Extra = object>(
  file: string,
  part = 'runs',
): Promise<readonly (readonly [name: string, run: Run & Extra])[]> {
  const { fields, problems, ...parts } = await readReference<RunsFile & Record<string, unknown>>(file);
  const runs = Object.entries(parts[part] as Record<string, RunInFile & Extra>);
  return runs.map(([name, run]) => {
    const records = run.records.map((values) => Object.fromEntries(fields.map((field, i) => [field, values[i]!])));
    return [name, { ...run, records, problem: problems[run.problem]! }];
  });
}

/** The references are summed in another order: some hundred roundings of 1e-16 each, which training amplifies. */
export const runTolerance: Tolerance = { rtol: 1e-9 };

const classifiers = { binaryClassifier: 'sigmoid', multipleClassifier: 'softmax', fitting: undefined } as const;

/**
 * The net of a problem with the weights it starts from; its fully connected layers are `fc1`, `fc2`, ….
 * @param around - layers before and behind the activation of hidden layer i
 */
export function makeNet(
  { netType, sizes, activation, start }: Problem,
  params: Partial<HyperParameterOptions>,
  around?: { readonly before?: (i: number) => Layer; readonly behind?: (i: number) => Layer },
): NeuralNet {
  const net = new NeuralNet(new HyperParameters({ netType, dtype: 'float64', ...params }), 'net');
  start.forEach(({ W, B }, i) => {
    const layer = new FullyConnectedLayer(sizes[i]!, sizes[i + 1]!);
    net.addLayer(layer, `fc${i + 1}`);
    layer.setWeights({ W: tensorOf(W!), B: tensorOf(B!) });
    if (i === start.length - 1) return;
    if (around?.before) net.addLayer(around.before(i), `before${i + 1}`);
    net.addLayer(new ActivationLayer(activation), `activation${i + 1}`);
    if (around?.behind) net.addLayer(around.behind(i), `behind${i + 1}`);
  });
  const last = classifiers[netType];
  return last ? net.addLayer(new ClassificationLayer(last)) : net;
}

export function makeReader(
  { x, y, validation }: Pick<Problem, 'x' | 'y' | 'validation'>,
  test?: { readonly xTest: Tensor; readonly yTest: Tensor },
): DataReader {
  const reader = DataReader.fromTensors({ xTrain: tensorOf(x), yTrain: tensorOf(y), ...test });
  reader.generateValidationSet(validation);
  return reader;
}

/** How the weights differ from those at the end of the reference's run. */
export function weightDifferences(net: NeuralNet, end: readonly Block[], tolerance = runTolerance): string[] {
  const layers = net.layers.filter((layer) => layer.parameters.length > 0);
  return end.flatMap((block, i) =>
    Object.entries(block).flatMap(([name, { data }]) => {
      const ofBlock = layers.slice(layers.indexOf(net.getLayer(`fc${i + 1}`)));
      const layer = ofBlock.find(({ weights }) => name in weights)!;
      return differences(layer.weights[name]!.data, data, tolerance, `${name}${i + 1}`);
    }),
  );
}

/** How records differ from the reference's, in the fields that this has. */
export function recordDifferences(
  records: readonly CheckpointRecord[],
  expected: readonly Partial<CheckpointRecord>[],
  tolerance = runTolerance,
): string[] {
  type Field = Exclude<keyof CheckpointRecord, 'metrics' | 'validationMetrics'>;
  const fields = Object.keys(expected[0]!) as Field[];
  const column = (list: readonly Partial<CheckpointRecord>[], field: Field) =>
    list.map((record) => record[field] ?? Number.NaN);
  return fields.flatMap((field) => differences(column(records, field), column(expected, field), tolerance, field));
}

/** Calls `step` with every batch of a run, in order. */
export function eachBatch({ problem, params }: Run, step: (x: Tensor, y: Tensor) => void): void {
  const reader = makeReader(problem);
  for (let epoch = 0; epoch < params.maxEpoch; epoch++) {
    for (let i = 0; i * params.batchSize < reader.numTrain; i++) {
      const { x, y } = reader.getBatchSamples(params.batchSize, i);
      step(x, y);
    }
  }
}

/** Trains two nets on a run's batches, one by the net's calls and one by `trainOnBatch`: what their weights miss of its end. */
export function steppedDifferences(run: Run, make: () => NeuralNet): string[] {
  const [byCalls, onBatches] = [make(), make()];
  eachBatch(run, (x, y) => {
    stepByCalls(byCalls, x, y);
    onBatches.trainOnBatch(x, y);
  });
  return [byCalls, onBatches].flatMap((net) => weightDifferences(net, run.end));
}

/** A training step by the net's calls. */
export function stepByCalls(net: NeuralNet, x: Tensor, y: Tensor): void {
  net.preUpdateWeights();
  net.forward(x);
  net.backward(y);
  net.updateWeights();
}
