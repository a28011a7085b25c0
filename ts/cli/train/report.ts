import { rowType } from '../../data/rows.js';
import {
  type CheckpointRecord,
  type DataReader,
  type NeuralNet,
  TextReader,
  TimeSeriesReader,
  type TrainingHistory,
} from '../../index.js';
import { formatNumber } from '../../training/progress-bar.js';
import { print } from '../output.js';
import type { Result } from './evaluation.js';
import type { ForecastErrors } from './forecasts.js';
import type { LabelKind } from './labels.js';
import { classTable, confusionTable } from './report-tables.js';
import type { CommandSettings } from './settings.js';

/** A finished run. */
export interface TrainResult {
  readonly net: NeuralNet;
  readonly reader: DataReader;
  readonly kind: LabelKind;
  readonly history: TrainingHistory;
  /** Whether the model has the weights of the best checkpoint, not of the last. */
  readonly hasBest: boolean;
  readonly test?: Result;
  readonly validation?: Result;
  readonly model: string;
  readonly charts: readonly string[];
}

/** Prints a run on the standard output: as it goes on, its result alone (`--quiet`), or as JSON at its end. */
export class Report {
  readonly #isQuiet: boolean;
  readonly #isJson: boolean;

  /** @param isFirst - false for a process of several that leaves the report to another one */
  constructor({ quiet, json }: CommandSettings, isFirst = true) {
    this.#isQuiet = quiet === true || !isFirst;
    this.#isJson = json === true;
  }

  async data(path: string, reader: DataReader, { netType, reason, names }: LabelKind): Promise<void> {
    const { numTrain, numValidation, numTest, numFeature } = reader;
    const rows = [`${numTrain} rows to train on`];
    if (numValidation > 0) rows.push(`${numValidation} for validation`);
    if (numTest > 0) rows.push(`${numTest} for the test`);
    if (reader instanceof TimeSeriesReader) {
      await this.#line(`${path}: ${rows.join(', ').replace('rows', 'windows')}; ${windowText(reader)}`);
    } else if (reader instanceof TextReader) {
      await this.#line(`${path}: ${rows.join(', ').replace('rows', 'texts')}; ${tokensText(reader)}`);
    } else await this.#line(`${path}: ${rows.join(', ')}; ${numFeature} features`);
    const guessed = reason === undefined ? '' : `, since the labels are ${reason} (--type changes that)`;
    await this.#line(`type: ${netType}${guessed}`);
    if (names) await this.#line(`classes: ${names.slice(0, 10).join(', ')}${names.length > 10 ? ', …' : ''}`);
    await this.#line('');
  }

  async net(net: NeuralNet): Promise<void> {
    await this.#line(`${net.summary()}\n`);
  }

  async result(result: TrainResult): Promise<void> {
    if (this.#isJson) {
      await print(`${JSON.stringify(summaryOf(result), null, 2)}\n`);
      return;
    }
    const { history, model, charts, test, validation } = result;
    const { iterations, seconds, stopReason, records } = history;
    await this.#line(
      `${records.at(-1)!.epoch} epochs, ${iterations} iterations in ${seconds.toFixed(2)} s, ended by ${stopReason}`,
    );
    if (validation) {
      await this.#line(bestLine(result));
      await this.#line(`validation: ${figures(validation)}`);
    }
    if (test) await print(`test: ${figures(test)}\n`);
    for (const line of forecastLines(test ?? validation)) await print(`${line}\n`);
    await this.#details(test ?? validation);
    await this.#line(`model: ${model}`);
    if (charts.length > 0) await this.#line(`charts: ${charts.join(', ')}`);
  }

  /** The baseline, and the tables of a classifier. */
  async #details(result: Result | undefined): Promise<void> {
    if (!result?.baseline || result.forecasts) return;
    const { baseline, perClass, macroAverage, weightedAverage, confusionMatrix } = result;
    const how = 'class' in baseline ? `always '${baseline.class}', the most frequent class` : 'always the mean label';
    await this.#line(`baseline: ${figures(baseline)} (${how})`);
    if (!perClass) return;
    await this.#line(`\n${classTable(perClass, { macroAverage: macroAverage!, weightedAverage: weightedAverage! })}`);
    const names = perClass.map(({ class: name }) => name);
    await this.#line(`\n${confusionTable(confusionMatrix!, names)}\n`);
  }

  async #line(text: string): Promise<void> {
    if (!this.#isQuiet && !this.#isJson) await print(`${text}\n`);
  }
}

/** `24 steps of 2 features, forecasts of 6 steps of load`. */
function windowText({ trainingLike, targetNames, preparation }: TimeSeriesReader): string {
  const [length, features] = trainingLike.inputs['']!.rowShape;
  const { horizon } = preparation.forecast!;
  const steps = horizon === 1 ? '1 step' : `${horizon} steps`;
  return `${length} steps of ${features} features, forecasts of ${steps} of ${targetNames.join(', ')}`;
}

/** `5312 known tokens, at most 60 of a text`. */
function tokensText({ trainingLike, vocabulary, tokenCount }: TextReader): string {
  const { '': rows = trainingLike.inputs.words! } = trainingLike.inputs;
  const known = `${vocabulary?.length ?? tokenCount} known tokens`;
  return rowType(rows) === 'int32' ? `${known}, at most ${rows.rowShape[0]} of a text` : known;
}

/** The errors of each target, and those of forecasts without a net. */
function forecastLines(result: Result | undefined): string[] {
  return (result?.forecasts ?? []).flatMap(({ target, lastValue, season, ...net }) => [
    `${target}: ${errorText(net)}`,
    `  last value as forecast: ${errorText(lastValue)}`,
    ...(season ? [`  season before (${season.steps} steps) as forecast: ${errorText(season)}`] : []),
  ]);
}

function errorText({ meanAbsoluteError, rootMeanSquaredError }: ForecastErrors): string {
  const [absolute, squared] = [meanAbsoluteError, rootMeanSquaredError].map((error) => Number(error.toPrecision(4)));
  return `mean absolute error ${absolute}, root mean squared error ${squared}`;
}

/** `best: epoch 3 of 50, validation loss 0.8900; the model has its weights`. */
function bestLine({ net, history, hasBest }: TrainResult): string {
  const { best, records } = history;
  const weights = hasBest ? 'its weights' : 'the weights of the last epoch';
  const [epoch, last] = [best, records.at(-1)!].map((record) => Number(record.epoch.toFixed(2)));
  return `best: epoch ${epoch} of ${last}, validation ${watchedFigure(net, best)}; the model has ${weights}`;
}

/** The figure by which the best checkpoint was found, and its value. */
function watchedFigure({ params: { monitor } }: NeuralNet, best: CheckpointRecord): string {
  const { lossValidation = best.lossTrain, accuracyValidation = best.accuracyTrain, validationMetrics } = best;
  const value = monitor === 'loss' ? lossValidation : (validationMetrics?.[monitor] ?? accuracyValidation);
  return `${monitor} ${formatNumber(Number(value))}`;
}

function figures({ loss, accuracy, r2, rootMeanSquaredError: error, metrics = {} }: Partial<Result>): string {
  const parts = [];
  if (loss !== undefined) parts.push(`loss ${formatNumber(loss)}`);
  if (accuracy !== undefined) parts.push(`accuracy ${formatNumber(accuracy)}`);
  if (r2 !== undefined) parts.push(`R² ${formatNumber(r2)}`);
  if (error !== undefined) parts.push(`root mean squared error ${Number(error.toPrecision(4))}`);
  const told = ['accuracy', 'r2', 'rootMeanSquaredError'];
  for (const [name, value] of Object.entries(metrics)) {
    if (typeof value === 'number' && !told.includes(name)) parts.push(`${name} ${formatNumber(value)}`);
  }
  return parts.join(', ');
}

function summaryOf(result: TrainResult): object {
  const { net, reader, kind, history, model, charts, hasBest, validation, test } = result;
  const { iterations, seconds, stopReason, best, records } = history;
  const parameters = net.layers.reduce(
    (sum, layer) => sum + layer.parameters.reduce((n, { value }) => n + value.size, 0),
    0,
  );
  return {
    model,
    charts,
    type: kind.netType,
    classes: kind.names,
    rows: { train: reader.numTrain, validation: reader.numValidation, test: reader.numTest },
    features: reader.numFeature,
    parameters,
    epochs: records.at(-1)!.epoch,
    iterations,
    seconds,
    stopReason,
    best,
    weights: hasBest ? 'best' : 'last',
    validation,
    test,
  };
}
