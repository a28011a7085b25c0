import { badArgument } from '../errors.js';
import { checkOptions } from '../fields.js';
import { badFile } from '../files.js';
import { imageOptionNames } from './check-image-options.js';
import { type IdxArray, readIdx } from './idx.js';
import { ImageDataReader, type LabelledImages } from './image-data-reader.js';
import type { ImageOptions } from './image-options.js';

/** The four files of MNIST, or of a set in its format (Fashion-MNIST, KMNIST), plain or gzipped. */
export interface MnistFiles {
  readonly trainImages: string;
  readonly trainLabels: string;
  readonly testImages?: string | undefined;
  readonly testLabels?: string | undefined;
}

/** Images of IDX files; rows are flat unless `mode` is 'image'. */
export class MnistImageDataReader extends ImageDataReader {
  readonly #paths: MnistFiles;

  /**
   * @param files - the files, and what their images are to look like
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

async function readImages(imagePath: string, labelPath: string): Promise<LabelledImages> {
  const [images, labels] = await allOf([readIdx(imagePath), readIdx(labelPath)]);
  requireRank(images, 3, 'images', imagePath);
  requireRank(labels, 1, 'labels', labelPath);
  const [, height, width] = images.shape as [number, number, number];
  if (height * width === 0) throw badFile(`'${imagePath}'`, 'images with pixels', `${height} × ${width}`);
  return { shape: [1, height, width], pixels: images.data, labels: Float32Array.from(labels.data) };
}

/** As `Promise.all`, but of several failures the first in order is told, not the one that came first. */
async function allOf<T extends readonly unknown[]>(promises: readonly [...T]) {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}

function requireRank(array: IdxArray, rank: number, what: string, path: string): void {
  if (array.shape.length !== rank) {
    throw badFile(`'${path}'`, `${what} of ${rank} dimensions`, `${array.shape.length}`);
  }
}
