import { badArgument, shapeMismatch } from '../core/errors.js';
import { checkOptions } from '../core/fields.js';
import { badFile } from '../core/files.js';
import { imageOptionNames } from './check-image-options.js';
import { IdxFile } from './idx.js';
import { ImageDataReader, type LabelledImages } from './image-data-reader.js';
import type { ImageOptions } from './image-options.js';

/** The four files of MNIST, or of a set in its format (Fashion-MNIST, KMNIST), plain or gzipped. */
export interface MnistFiles {
  readonly trainImages: string;
  readonly trainLabels: string;
  readonly testImages?: string | undefined;
  readonly testLabels?: string | undefined;
}

/** Reads images from IDX files, the format of MNIST. Rows are flat, or [1, height, width] with `mode: 'image'`. */
export class MnistImageDataReader extends ImageDataReader {
  readonly #paths: MnistFiles;

  /**
   * @param files - the files, and options for the images
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for an option that is unknown or out of range
   */
  constructor(files: MnistFiles & ImageOptions) {
    checkOptions(files, ['trainImages', 'trainLabels', 'testImages', 'testLabels', ...imageOptionNames], 'files');
    super(files, 'vector');
    this.#paths = files;
  }

  /** @throws BlasnetError `ERR_BAD_FILE` that names the file, `ERR_SHAPE_MISMATCH` where images and labels differ */
  override async readData(): Promise<void> {
    const { trainImages, trainLabels, testImages, testLabels } = this.#paths;
    if ((testImages === undefined) !== (testLabels === undefined)) {
      const received = testImages === undefined ? 'testLabels alone' : 'testImages alone';
      throw badArgument('the test set', 'both testImages and testLabels, or neither', received);
    }
    const [train, test] = await allOf([
      readImages(trainImages, trainLabels),
      testImages !== undefined && testLabels !== undefined ? readImages(testImages, testLabels) : undefined,
    ]);
    this.setImages(train, test);
  }
}

/** Images and labels that belong together; no large memory is taken before their headers have shown that they do. */
async function readImages(imagePath: string, labelPath: string): Promise<LabelledImages> {
  const [images, labels] = await allOf([IdxFile.open(imagePath), IdxFile.open(labelPath)]);
  requireRank(images, 3, 'images');
  requireRank(labels, 1, 'labels');
  const [count, height, width] = images.shape as [number, number, number];
  if (height * width === 0) throw badFile(images.where, 'images with pixels', `${height} × ${width}`);
  if (labels.shape[0] !== count) {
    throw shapeMismatch(`the labels in ${labels.where}`, `${count} rows, one for each image,`, `${labels.shape[0]}`);
  }
  // The labels first: if they are damaged, nothing is taken for the images.
  const { data } = await labels.read();
  return { shape: [1, height, width], pixels: (await images.read()).data, labels: Float32Array.from(data) };
}

/** As `Promise.all`, but rejects with the first failure in order, rather than in time. */
async function allOf<T extends readonly unknown[]>(promises: readonly [...T]) {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}

function requireRank({ shape, where }: IdxFile, rank: number, what: string): void {
  if (shape.length !== rank) throw badFile(where, `${what} of ${rank} dimensions`, `${shape.length}`);
}
