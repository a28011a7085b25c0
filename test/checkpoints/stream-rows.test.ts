import test from 'ava';
import {
  DataReader,
  FullyConnectedLayer,
  HyperParameters,
  NeuralNet,
  PlainLayer,
  type RowBatch,
  registerLayer,
  type StreamOptions,
  Tensor,
} from 'blasnet';
import { temporaryFolder } from '../support/files.js';

/** The rows that steps were made on: the number that their x begins with, and their label. */
const seen: { readonly steps: number[][]; readonly labels: number[][] } = { steps: [], labels: [] };

/** In front of a net it notes rows; behind it, where the delta is (output − label) / rows, labels. */
class Watching extends PlainLayer {
  override readonly kind = 'watching';
  #output: Tensor | undefined;

  constructor(readonly place: 'front' | 'end') {
    super();
  }
  override get config() {
    return { type: 'Watching', place: this.place };
  }
  override outputShape(input: readonly number[]) {
    return input;
  }
  forward(x: Tensor) {
    this.#output = x;
    if (this.place === 'front') seen.steps.push(Array.from({ length: x.rows }, (_, row) => x.data[row * x.rowSize]!));
    return x;
  }
  backward(delta: Tensor) {
    if (this.place === 'end') {
      seen.labels.push(Array.from(delta.data, (number, i) => Math.round(this.#output!.data[i]! - number * delta.rows)));
    }
    return delta;
  }
}
registerLayer('Watching', ({ place }) => new Watching(place === 'front' ? 'front' : 'end'));

const labelOf = (row: number) => 1000 - 3 * row;
const batchRows = 5;

interface Source {
  readonly rows: number;
  readonly columns: number;
  /** Rows of the batches that the source gives, in turn. */
  readonly sizes: readonly number[];
  readonly options?: StreamOptions;
  /** Iterations after which the run is interrupted. */
  readonly interruptions: readonly number[];
  readonly epochs: number;
}

const sources: Readonly<Record<string, Source>> = {
  'batches across steps': {
    rows: 23,
    columns: 2,
    sizes: [4, 7, 1, 11],
    interruptions: [1, 2, 4, 5, 6, 9, 14],
    epochs: 3,
  },
  'one batch': { rows: 23, columns: 2, sizes: [23], interruptions: [3, 5, 8], epochs: 2 },
  'the first rows of an endless source': {
    rows: 23,
    columns: 2,
    sizes: [9],
    options: { numTrain: 23 },
    interruptions: [1, 4, 5, 7],
    epochs: 2,
  },
  // Some 50 of these rows are read ahead at once.
  'rows of 80 kB': { rows: 132, columns: 20_000, sizes: [60, 72], interruptions: [13, 21, 31], epochs: 2 },
};

/** A reader of rows that begin with their number, and how many epochs were begun and ended. */
async function streamOf({ rows, columns, sizes, options }: Source) {
  const counts = { begun: 0, ended: 0 };
  const end = options?.numTrain === undefined ? rows : Number.POSITIVE_INFINITY;
  const source = function* (): Generator<RowBatch> {
    counts.begun++;
    try {
      for (let [from, i] = [0, 0]; from < end; i++) {
        const count = Math.min(sizes[i % sizes.length]!, end - from);
        const [x, y] = [Tensor.zeros([count, columns]), Tensor.zeros([count, 1])];
        for (let row = 0; row < count; row++) {
          x.data[row * columns] = from + row;
          y.data[row] = labelOf(from + row);
        }
        yield { x, y };
        from += count;
      }
    } finally {
      counts.ended++;
    }
  };
  const reader = DataReader.fromBatches(source, options);
  await reader.readData();
  return { reader, counts };
}

/** A net whose output stays all but 0, so that the delta tells the label. */
function watchingNet(columns: number, maxEpoch: number): NeuralNet {
  const params = { netType: 'fitting', batchSize: batchRows, learningRate: 1e-12, initMethod: 'zero' } as const;
  return new NeuralNet(new HyperParameters({ ...params, maxEpoch }), 'net')
    .addLayer(new Watching('front'))
    .addLayer(new FullyConnectedLayer(columns, 1))
    .addLayer(new Watching('end'));
}

for (const [name, source] of Object.entries(sources)) {
  test.serial(`a resumed run trains on the rows of its stream that were to come, each once › ${name}`, async (t) => {
    const { rows, columns, epochs, interruptions } = source;
    const file = `${await temporaryFolder(t)}/run`;
    const starts = Array.from({ length: Math.ceil(rows / batchRows) }, (_, step) => step * batchRows);
    const epoch = starts.map((from) =>
      Array.from({ length: Math.min(batchRows, rows - from) }, (_, row) => from + row),
    );
    const steps = Array.from({ length: epochs }, () => epoch).flat();
    const options = { checkpoint: 1 / starts.length, checkpointFile: file, checkpointEvery: 0.001 };
    for (const at of interruptions) {
      const abort = new AbortController();
      const interrupted = watchingNet(columns, epochs).train((await streamOf(source)).reader, {
        ...options,
        signal: abort.signal,
        onCheckpoint: ({ iteration }) => iteration === at && abort.abort(new Error('stop')),
      });
      await t.throwsAsync(interrupted, { message: 'stop' });

      const resumed = await NeuralNet.resume(file);
      const { reader, counts } = await streamOf(source);
      seen.steps.length = 0;
      seen.labels.length = 0;
      await resumed.train(reader, options);
      const rest = steps.slice(at);
      t.deepEqual(seen.steps, rest, `after ${at} steps`);
      t.deepEqual(
        seen.labels,
        rest.map((step) => step.map(labelOf)),
        `after ${at} steps`,
      );
      // readData's, and those that were not over.
      t.is(counts.begun, 1 + epochs - Math.floor(at / starts.length), `after ${at} steps`);
      t.is(counts.ended, counts.begun);
    }
  });
}
