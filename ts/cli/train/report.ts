import type { CheckpointRecord, DataReader, Evaluation, NeuralNet, TrainingHistory } from '../../index.js';
import { formatNumber } from '../../progress.js';
import { print } from '../output.js';
import type { TrainFlags } from './flags.js';
import type { LabelKind } from './labels.js';

/** What a run came to. */
export interface TrainResult {
  readonly net: NeuralNet;
  readonly reader: DataReader;
  readonly kind: LabelKind;
  readonly history: TrainingHistory;
  readonly model: string;
  readonly charts: readonly string[];
}

/** Tells of a run on the standard output: as it goes on, its result alone (`--quiet`), or in JSON at its end. */
export class Report {
  readonly #isQuiet: boolean;
  readonly #isJson: boolean;

  constructor({ quiet, json }: Pick<TrainFlags, 'quiet' | 'json'>) {
    this.#isQuiet = quiet === true;
    this.#isJson = json === true;
  }

  async data(path: string, reader: DataReader, { netType, reason, names }: LabelKind): Promise<void> {
    const { numTrain, numValidation, numTest, numFeature } = reader;
    const rows = [`${numTrain} rows to train on`];
    if (numValidation > 0) rows.push(`${numValidation} for validation`);
    if (numTest > 0) rows.push(`${numTest} for the test`);
    await this.#line(`${path}: ${rows.join(', ')}; ${numFeature} features`);
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
    const { history, model, charts } = result;
    const { iterations, seconds, stopReason, test } = history;
    const last = history.records.at(-1)!;
    await this.#line(
      `${last.epoch} epochs, ${iterations} iterations in ${seconds.toFixed(2)} s, ended by ${stopReason}`,
    );
    const validation = validationOf(result);
    if (validation) await this.#line(`validation: ${figures(validation, result)}`);
    if (test) await print(`test: ${figures(test, result)}\n`);
    await this.#line(`model: ${model}`);
    if (charts.length > 0) await this.#line(`charts: ${charts.join(', ')}`);
  }

  async #line(text: string): Promise<void> {
    if (!this.#isQuiet && !this.#isJson) await print(`${text}\n`);
  }
}

function figures({ loss, accuracy }: Evaluation, result: TrainResult): string {
  const isFitting = result.kind.netType === 'fitting';
  const error = isFitting ? errorOf(loss, result.net) : undefined;
  const parts = [`loss ${formatNumber(loss)}`, `${isFitting ? 'R²' : 'accuracy'} ${formatNumber(accuracy)}`];
  if (error !== undefined) parts.push(`root mean squared error ${Number(error.toPrecision(4))}`);
  return parts.join(', ');
}

/** The root of the mean squared error in units of the file, of nets with one output: the loss is half that square. */
function errorOf(loss: number, { preparation }: NeuralNet): number | undefined {
  const [range = 1, ...others] = preparation?.y?.scale ?? [];
  return others.length > 0 ? undefined : Math.sqrt(2 * loss) * range;
}

/** Of the weights that the net ended with. */
function validationOf({ history, net }: TrainResult): Evaluation | undefined {
  const endsWithBest = net.params.regularizer.method === 'earlyStop';
  const { lossValidation: loss, accuracyValidation: accuracy }: CheckpointRecord = endsWithBest
    ? history.best
    : history.records.at(-1)!;
  return loss === undefined || accuracy === undefined ? undefined : { loss, accuracy };
}

function summaryOf(result: TrainResult): object {
  const { net, reader, kind, history, model, charts } = result;
  const { iterations, seconds, stopReason, test, best, records } = history;
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
    validation: validationOf(result),
    test: test && { ...test, rootMeanSquaredError: kind.netType === 'fitting' ? errorOf(test.loss, net) : undefined },
  };
}
