import { appendToFile, requireFileName, writeFileAtomic } from '../core/files.js';
import type { CheckpointRecord } from '../training-history.js';
import type { Callback, CheckpointContext, TrainBeginContext } from './callback.js';
import { figuresOf } from './monitor.js';

/**
 * Writes the figures of all checkpoints to a CSV file, one line each, with their names in the first line. A new run begins
 * the file anew; one that is resumed goes on after the line of its newest checkpoint.
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { CsvLogger, DataReader, FullyConnectedLayer, HyperParameters, NeuralNet, Tensor } from 'blasnet';
 *
 * const net = new NeuralNet(new HyperParameters({ netType: 'fitting', maxEpoch: 3 }), 'net');
 * net.addLayer(new FullyConnectedLayer(1, 1));
 * const reader = DataReader.fromTensors({ xTrain: Tensor.from([[1], [2]]), yTrain: Tensor.from([[2], [5]]) });
 * await net.train(reader, { callbacks: [new CsvLogger('log.csv')] });
 * const [head, ...lines] = (await readFile('log.csv', 'utf8')).trim().split('\n');
 * head; // → 'epoch,iteration,lossTrain,accuracyTrain,learningRate'
 * lines.length; // → 3
 * ```
 */
export class CsvLogger implements Callback {
  readonly #file: string;
  #columns: readonly string[] | undefined;

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for anything but the name of a file */
  constructor(file: string) {
    requireFileName(file);
    this.#file = file;
  }

  /** @throws BlasnetError `ERR_BAD_FILE` where the file cannot be written */
  async onTrainBegin({ records }: TrainBeginContext): Promise<void> {
    this.#columns = undefined;
    // A run that is resumed may have been killed after lines that its newest file does not know.
    await writeFileAtomic(this.#file, records.map((record) => this.#linesFor(record)).join(''));
  }

  /** @throws BlasnetError `ERR_BAD_FILE` where the file cannot be written */
  async onCheckpoint({ record }: CheckpointContext): Promise<void> {
    await appendToFile(this.#file, this.#linesFor(record));
  }

  /** The line of a record, after that of the names where it is the first one. */
  #linesFor(record: CheckpointRecord): string {
    const figures = figuresOf(record);
    const head = this.#columns ? '' : `${[...figures.keys()].join()}\n`;
    this.#columns ??= [...figures.keys()];
    return `${head}${this.#columns.map((name) => figures.get(name) ?? '').join()}\n`;
  }
}
