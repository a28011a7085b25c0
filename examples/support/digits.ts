import { DataReader, MnistImageDataReader, Tensor } from 'blasnet';
import { mnistFiles } from './mnist-files.js';

interface Rows {
  readonly x: Tensor;
  /** Digits, one a row. */
  readonly y: Tensor;
}

/** MNIST's digits, from which readers of some of them are made. */
export class Digits {
  readonly #train: Rows;
  readonly #test: Rows;

  private constructor(train: Rows, test: Rows) {
    this.#train = train;
    this.#test = test;
  }

  /** @param folder - that of MNIST's files; by default they come from npm */
  static async read(folder?: string): Promise<Digits> {
    const reader = new MnistImageDataReader({ ...(await mnistFiles(folder)), mode: 'image' });
    await reader.readData();
    reader.normalizeX();
    return new Digits({ x: reader.xTrain, y: reader.yTrain }, { x: reader.xTest, y: reader.yTest });
  }

  /**
   * A reader of the digits from `first` to `last`, one-hot, whose pixels are in [0, 1].
   * @param most - training rows of each digit; those first in the file
   */
  reader(first: number, last: number, most = Number.POSITIVE_INFINITY): DataReader {
    const [train, test] = [rowsOf(this.#train, first, last, most), rowsOf(this.#test, first, last)];
    const reader = DataReader.fromTensors({ xTrain: train.x, yTrain: train.y, xTest: test.x, yTest: test.y });
    reader.normalizeY('multipleClassifier', first);
    return reader;
  }
}

function rowsOf({ x, y }: Rows, first: number, last: number, most = Number.POSITIVE_INFINITY): Rows {
  const taken = new Map<number, number>();
  const places = Array.from(y.data.keys()).filter((row) => {
    const digit = y.data[row]!;
    const count = taken.get(digit) ?? 0;
    taken.set(digit, count + 1);
    return digit >= first && digit <= last && count < most;
  });
  const chosen = Tensor.zeros([places.length, ...x.shape.slice(1)], 'float32');
  for (const [i, row] of places.entries()) {
    chosen.data.set(x.data.subarray(row * x.rowSize, (row + 1) * x.rowSize), i * x.rowSize);
  }
  return { x: chosen, y: Tensor.from(places.map((row) => [y.data[row]!])) };
}
