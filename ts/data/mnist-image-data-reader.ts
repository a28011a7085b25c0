import { BlasnetError, badArgument } from '../errors.js';
import { Tensor } from '../tensor.js';
import { DataReader, type Part } from './data-reader.js';
import { type IdxArray, readIdx } from './idx.js';
import { rowsOf } from './rows.js';

/** The four files of MNIST, or of a set in its format (Fashion-MNIST, KMNIST), plain or gzipped. */
export interface MnistFiles {
  readonly trainImages: string;
  readonly trainLabels: string;
  readonly testImages?: string;
  readonly testLabels?: string;
}

/** Images of IDX files as rows of pixels. Pixels stay bytes in memory until a batch is gathered. */
export class MnistImageDataReader extends DataReader {
  readonly #paths: MnistFiles;

  constructor(files: MnistFiles) {
    super();
    this.#paths = files;
  }

  /** @throws BlasnetError `ERR_BAD_FILE` that names the file, `ERR_SHAPE_MISMATCH` where images and labels differ */
  override async readData(): Promise<void> {
    const { trainImages, trainLabels, testImages, testLabels } = this.#paths;
    if ((testImages === undefined) !== (testLabels === undefined)) {
      const received = testImages === undefined ? 'testLabels alone' : 'testImages alone';
      throw badArgument('the test set', 'both testImages and testLabels, or neither', received);
    }
    const [train, test] = await Promise.all([
      readPart(trainImages, trainLabels),
      testImages !== undefined && testLabels !== undefined ? readPart(testImages, testLabels) : undefined,
    ]);
    this.setRaw(train, test);
  }

  /** Pixels to [0, 1]: x / 255. */
  override normalizeX(): void {
    this.divideX(255);
  }

  /** Raw pixels, 0 to 255, as the training images were normalised. */
  override normalizePredictData(x: Tensor): Tensor {
    return Tensor.from(
      x.data.map((pixel) => pixel / 255),
      x.shape,
    );
  }
}

async function readPart(imagePath: string, labelPath: string): Promise<Part> {
  const [images, labels] = await Promise.all([readIdx(imagePath), readIdx(labelPath)]);
  requireRank(images, 3, 'images', imagePath);
  requireRank(labels, 1, 'labels', labelPath);
  const [count, height, width] = images.shape as [number, number, number];
  return {
    x: { data: images.data, count, rowShape: [height * width], divisor: 1 },
    y: rowsOf(Tensor.from(Float32Array.from(labels.data), [labels.shape[0]!, 1])),
  };
}

function requireRank(array: IdxArray, rank: number, what: string, path: string): void {
  if (array.shape.length !== rank) {
    throw new BlasnetError(
      'ERR_BAD_FILE',
      `Expected ${what} of ${rank} dimensions in '${path}' but received ${array.shape.length}`,
    );
  }
}
