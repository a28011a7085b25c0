import { dirname, extname, parse } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { badArgument } from '../../errors.js';
import { makeFolder } from '../../files.js';
import { given } from '../../given.js';
import { type DataReader, type HyperParameters, NeuralNet, setThreads, type TrainingHistory } from '../../index.js';
import { Interrupted, UsageError } from '../output.js';
import { saveCharts } from './charts.js';
import { readConfig, type TrainConfig } from './config.js';
import { readDataSet } from './data.js';
import type { TrainFlags } from './flags.js';
import { type LabelKind, labelKindOf, netTypes, prepareLabels } from './labels.js';
import { type NetSize, netOfLayers, netOfWidths } from './network.js';
import { paramsOf } from './params.js';
import { Report } from './report.js';

const defaultWidths = '64-32';
const defaultValidation = 10;

/** What `blasnet train` does: reads, trains, writes the model and charts, and tells of it. */
export async function runTrain(data: string, flags: TrainFlags): Promise<void> {
  const { threads, checkpoint, resume, out, charts } = flags;
  const extension = extname(out).toLowerCase();
  if (extension !== '.safetensors' && extension !== '.onnx') {
    throw new UsageError(`--out: Expected a name that ends in .safetensors or .onnx but received '${out}'`);
  }
  if (resume && checkpoint === undefined) throw new UsageError('--resume needs the --checkpoint file to go on from');
  if (threads !== undefined) setThreads(threads);
  const config = await readConfig(flags.config);
  const report = new Report(flags);
  const reader = await readDataSet(data, flags, config);
  const kind = prepare(reader, flags, config);
  await report.data(data, reader, kind);
  const net = await netFor(reader, kind, flags, config);
  await report.net(net);
  // What cannot be written should show now, and not after an hour.
  await makeFolder(dirname(out));

  const history = await train(net, reader, flags, config);
  if (extension === '.onnx') await net.exportOnnx(out);
  else await net.save(out);
  const base = parse(out).name;
  const pictures = charts === false ? [] : await saveCharts(history, net, charts, { folder: dirname(out), base });
  await report.result({ net, reader, kind, history, model: out, charts: pictures });
}

/** Makes numbers of the raw rows, and takes the validation set. */
function prepare(reader: DataReader, flags: TrainFlags, config: TrainConfig): LabelKind {
  const { type, validation = config.validation ?? defaultValidation } = flags;
  const normalize = flags.normalize && (config.normalize ?? true);
  const { netType, seed = 0 } = config.hyperParameters;
  const kind = labelKindOf(reader, type === undefined ? netType : netTypes[type]);
  if (normalize) reader.normalizeX();
  prepareLabels(reader, kind, normalize);
  // Because the validation set takes the first rows, and files are often sorted.
  reader.shuffle(flags.seed ?? seed);
  if (validation > 0) reader.generateValidationSet(validation);
  return kind;
}

/** The net that is to be trained: a new one, or that of the checkpoint. */
async function netFor(reader: DataReader, kind: LabelKind, flags: TrainFlags, config: TrainConfig): Promise<NeuralNet> {
  const activation = flags.activation ?? config.activation ?? 'relu';
  const params = paramsOf(flags, config, kind.netType, activation, reader.numTrain);
  const size = { input: reader.preparation.inputShape, outputs: reader.yTrain.rowSize };
  const net = newNet(params, parse(flags.out).name, size, flags, config, activation);
  if (!flags.resume) return net;
  // Not the default number of epochs: nobody asked to make the run longer.
  const maxEpoch = flags.epochs ?? config.hyperParameters.maxEpoch;
  const resumed = await NeuralNet.resume(flags.checkpoint!, given({ maxEpoch }));
  requireSame('the hyperparameters', resumed.params, net.params);
  requireSame('the layers', configsOf(resumed), configsOf(net));
  return resumed;
}

function newNet(
  params: HyperParameters,
  name: string,
  size: NetSize,
  flags: TrainFlags,
  { layers, net: widths = defaultWidths }: TrainConfig,
  activation: string,
): NeuralNet {
  if (layers && flags.net === undefined) return netOfLayers(params, name, size, layers);
  return netOfWidths(params, name, size, flags.net ?? widths, activation);
}

const configsOf = (net: NeuralNet) => net.layers.map(({ config }) => config);

function requireSame(what: string, saved: object, present: object): void {
  // As files have them: plain JSON.
  const [expected, received] = [saved, present].map(
    (value) => JSON.parse(JSON.stringify(value)) as Record<string, unknown>,
  );
  const key = Object.keys({ ...expected, ...received }).find(
    (name) => !isDeepStrictEqual(expected![name], received![name]),
  );
  if (key === undefined) return;
  const [was, is] = [expected, received].map((fields) => JSON.stringify(fields![key]));
  throw badArgument(`${what} (${key})`, `${was}, as in the checkpoint,`, is);
}

async function train(
  net: NeuralNet,
  reader: DataReader,
  flags: TrainFlags,
  { training }: TrainConfig,
): Promise<TrainingHistory> {
  const { checkpoint: checkpointFile, quiet } = flags;
  const abort = new AbortController();
  const stop = (signal: 'SIGINT' | 'SIGTERM') => {
    const advice = checkpointFile === undefined ? '' : '; --resume goes on from the checkpoint';
    abort.abort(new Interrupted(signal, `stopped by ${signal}, no model written${advice}`));
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  try {
    return await net.train(reader, {
      ...training,
      ...given({ checkpointFile }),
      needTest: reader.numTest > 0,
      progress: process.stderr.isTTY === true && !quiet,
      signal: abort.signal,
    });
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}
