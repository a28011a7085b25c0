import { extname, parse, resolve } from 'node:path';
import type { Communicator } from '../../core/communicator.js';
import { requireWritable } from '../../core/files.js';
import { definedFields } from '../../core/objects.js';
import { rowType } from '../../data/rows.js';
import { type DataReader, type NeuralNet, setThreads, type TrainingHistory } from '../../index.js';
import { soleTypeFor } from '../../objectives.js';
import { Interrupted, UsageError } from '../output.js';
import { joinRanks } from '../ranks.js';
import { chartFiles, saveCharts } from './charts.js';
import { readDataSet } from './data.js';
import { resultsOf } from './evaluation.js';
import { type LabelKind, labelKindOf, prepareLabels } from './labels.js';
import { netFor } from './network.js';
import { Report } from './report.js';
import { isSeries, readSeries } from './series.js';
import type { TrainSettings } from './settings.js';
import { isTexts, readTextFile, textKind } from './texts.js';

/** Runs `blasnet train`: reads, trains, writes the model and charts, and prints the result. */
export async function runTrain(data: string, settings: TrainSettings): Promise<void> {
  const { threads, checkpoint, resume, out, charts } = settings.command;
  const extension = extname(out).toLowerCase();
  if (extension !== '.safetensors' && extension !== '.onnx') {
    throw new UsageError(`--out: Expected a name that ends in .safetensors or .onnx but received '${out}'`);
  }
  if (extension === '.onnx' && settings.reader.embed !== undefined) {
    throw new UsageError(
      '--embed: Expected --out with a name that ends in .safetensors, since ONNX models have no columns; ' +
        '--categorical instead of --embed makes one-hot columns, which become ONNX',
    );
  }
  if (resume && checkpoint === undefined) throw new UsageError('--resume needs the --checkpoint file to go on from');
  if (checkpoint !== undefined && resolve(checkpoint) === resolve(out)) {
    throw new UsageError(`--checkpoint and --out: Expected two files but received '${out}' for both`);
  }
  const communicator = await joinRanks();
  const isFirst = (communicator?.rank ?? 0) === 0;
  const pictureFiles = chartFiles(out, charts);
  // Before the data is read: what cannot be written should show now, and not after an hour.
  for (const file of [out, ...pictureFiles, ...(checkpoint === undefined ? [] : [checkpoint])]) {
    if (isFirst) await requireWritable(file);
  }
  if (threads !== undefined) setThreads(threads);
  const report = new Report(settings.command, isFirst);
  const { reader, kind } = await dataFor(data, settings);
  await report.data(data, reader, kind);
  const net = await netFor(reader, kind, settings, parse(out).name);
  await report.net(net);

  const { history, hasBest } = await train(net, reader, settings, communicator);
  if (!isFirst) return;
  if (extension === '.onnx') await net.exportOnnx(out);
  else await net.save(out);
  const pictures = await saveCharts(history, net, pictureFiles, { isAsked: typeof charts === 'string' });
  const results = resultsOf(net, reader, settings.series.season);
  await report.result({ net, reader, kind, history, hasBest, ...results, model: out, charts: pictures });
}

/** Reads the data, and prepares it for training. */
async function dataFor(data: string, settings: TrainSettings): Promise<{ reader: DataReader; kind: LabelKind }> {
  if (isTexts(settings)) {
    const reader = await readTextFile(data, settings);
    return { reader, kind: textKind(reader, settings.hyperParameters.netType) };
  }
  if (isSeries(settings)) {
    const kind = { netType: 'fitting', names: undefined, base: 0 } as const;
    return { reader: await readSeries(data, settings), kind };
  }
  const reader = await readDataSet(data, settings);
  return { reader, kind: prepare(reader, settings) };
}

/** Makes numbers of the raw rows, and takes the validation set. */
function prepare(reader: DataReader, { validation, scale, normalize, hyperParameters }: TrainSettings): LabelKind {
  const { netType, loss } = hyperParameters;
  const kind = labelKindOf(reader, netType ?? (loss === undefined ? undefined : soleTypeFor(loss)));
  // Not of the test rows: they stand for rows that nobody has seen yet.
  const scaling = normalize === false ? undefined : ({ method: scale ?? 'minMax', fitOn: 'train' } as const);
  const hasFloats = Object.values(reader.trainingLike.inputs).some((rows) => rowType(rows) !== 'int32');
  if (scaling && hasFloats) reader.normalizeX(scaling);
  prepareLabels(reader, kind, scaling);
  // Because the validation set takes the first rows, and files are often sorted.
  reader.shuffle(hyperParameters.seed);
  if (validation > 0) reader.generateValidationSet(validation);
  return kind;
}

/** Trains the net until it is done, or a signal ends it. */
async function train(
  net: NeuralNet,
  reader: DataReader,
  { training, command }: TrainSettings,
  communicator: Communicator | undefined,
): Promise<{ history: TrainingHistory; hasBest: boolean }> {
  const { checkpoint: checkpointFile, quiet } = command;
  const restoreBest = training.restoreBest ?? reader.numValidation > 0;
  const abort = new AbortController();
  const stop = (signal: 'SIGINT' | 'SIGTERM') => {
    const advice = checkpointFile === undefined ? '' : '; --resume goes on from the checkpoint';
    abort.abort(new Interrupted(signal, `stopped by ${signal}, no model written${advice}`));
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  try {
    const history = await net.train(reader, {
      ...training,
      ...definedFields({ checkpointFile, communicator }),
      restoreBest,
      progress: process.stderr.isTTY === true && !quiet,
      signal: abort.signal,
    });
    return { history, hasBest: restoreBest || net.params.regularizer.method === 'earlyStop' };
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}
