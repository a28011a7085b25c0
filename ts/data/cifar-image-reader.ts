import { badArgument } from '../core/errors.js';
import { checkOptions } from '../core/fields.js';
import { imageOptionNames } from './check-image-options.js';
import { readCifar, readClassNames } from './cifar-files.js';
import { ImageDataReader } from './image-data-reader.js';
import type { ImageOptions } from './image-options.js';

/** The binary files of CIFAR-10: `data_batch_1.bin` to `data_batch_5.bin`, `test_batch.bin`, `batches.meta.txt`. */
export interface CifarFiles {
  readonly train: string | readonly string[];
  readonly test?: string | readonly string[] | undefined;
  /** The file with the names of the classes, one a line. */
  readonly classNames?: string | undefined;
}

/** Reads images of CIFAR-10, 32 × 32 in three colours. Rows are [3, 32, 32], or flat with `mode: 'vector'`. */
export class CifarImageReader extends ImageDataReader {
  readonly #files: CifarFiles;
  #classNames: readonly string[] | undefined;

  /**
   * @param files - the files, and options for the images
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for an option that is unknown or out of range
   */
  constructor(files: CifarFiles & ImageOptions) {
    checkOptions(files, ['train', 'test', 'classNames', ...imageOptionNames], 'files');
    super(files, 'image');
    this.#files = files;
  }

  /** @throws BlasnetError `ERR_BAD_FILE` that names the file and, for a label above 9, the record */
  override async readData(): Promise<void> {
    const { train, test, classNames } = this.#files;
    const names = classNames === undefined ? undefined : await readClassNames(classNames);
    const trainImages = await readCifar(pathsOf('train', train));
    this.setImages(trainImages, test === undefined ? undefined : await readCifar(pathsOf('test', test)));
    this.#classNames = names;
  }

  protected override get labelNames(): readonly string[] | undefined {
    return this.#classNames;
  }

  /** The names of the classes by class number; undefined without a file of them. */
  get classNames(): readonly string[] | undefined {
    return this.#classNames;
  }
}

function pathsOf(name: string, paths: string | readonly string[]): readonly string[] {
  if (typeof paths === 'string') return [paths];
  if (!Array.isArray(paths) || paths.length === 0) throw badArgument(name, 'a file, or a list of files', paths);
  return paths;
}
