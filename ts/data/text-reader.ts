import { badArgument } from '../core/errors.js';
import { mapNamed } from './by-name.js';
import { DataReader } from './data-reader.js';
import type { ColumnEncoding } from './preparation/column-encoding.js';
import type { Preparation } from './preparation/preparation.js';
import { type Numbering, numberingOf } from './text/text-encoder.js';
import type { TextTokenizer } from './text/text-encoding.js';
import { textEncodings, textNumbering, tokenizerIn } from './text/text-encodings.js';
import { checkTextOptions } from './text-files/check-text-options.js';
import { readTexts } from './text-files/labelled-texts.js';
import { classesIn, type TextSets, type TextShares, textPart, textSetsOf } from './text-files/text-parts.js';
import type { TextOptions } from './text-options.js';
import { TrackedSet } from './tracked-set.js';

/**
 * Texts and their classes, from CSV files or folders. Texts become numbers of their tokens, or weights of the words in them;
 * the vocabulary, and what weights need, come from the training texts alone. With the reader's `preparation`, which `net.train`
 * hands to the net, `net.predict` takes texts, and answers with the names of classes.
 * @example
 * ```ts
 * import { writeFile } from 'node:fs/promises';
 * import { ClassificationLayer, FullyConnectedLayer, HyperParameters, NeuralNet, TextReader } from 'blasnet';
 *
 * const lines = ['A good film,good', 'Good and funny,good', 'What a bad film,bad', 'Bad and dull,bad'];
 * await writeFile('films.csv', ['text,label', ...lines].join('\n'));
 * const reader = new TextReader({ train: 'films.csv', features: 'bag' });
 * await reader.readData();
 * reader.classNames; // → [ 'bad', 'good' ]
 * reader.vocabulary?.slice(0, 3); // → [ 'a', 'and', 'bad' ]
 *
 * const net = new NeuralNet(new HyperParameters({ netType: 'binaryClassifier', learningRate: 1, maxEpoch: 100 }), 'films');
 * await net.addLayer(new FullyConnectedLayer(1)).addLayer(new ClassificationLayer('sigmoid')).train(reader);
 * (await net.predict(['good', 'a dull one'])).classes; // → [ 'good', 'bad' ]
 * ```
 */
export class TextReader extends DataReader {
  readonly #options: TextOptions;
  #given: (Pick<TextSets, 'train' | 'test'> & { readonly tokenizer: TextTokenizer }) | undefined;
  #shares: TextShares;
  #classes: readonly string[] = [];
  /** The column of texts, as each input takes it. */
  #columns: Readonly<Record<string, ColumnEncoding>> = {};
  #tokenCount = 0;

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for options that are unknown, of another type, or contradict each other */
  constructor(options: TextOptions) {
    super();
    checkTextOptions(options);
    this.#options = options;
    this.#shares = { split: options.split, validation: options.validation };
  }

  /**
   * Reads the texts, and makes rows of them.
   * @throws BlasnetError `ERR_BAD_FILE` for what cannot be read, `ERR_BAD_ARGUMENT` for options that do not fit the texts,
   *   `ERR_NATIVE_LOAD` for a tokenizer.json without the package that reads it
   */
  override async readData(): Promise<void> {
    const { train: path, test: testPath, split, validation } = this.#options;
    const tokenizer = await tokenizerIn(this.#options);
    const train = await readTexts(path, this.#options);
    const test = testPath === undefined ? undefined : await readTexts(testPath, this.#options);
    const classes = classesIn(train.labels);
    if (classes.length < 2)
      throw badArgument(`the texts of '${path}'`, 'at least two classes', `'${classes[0]}' alone`);
    const other = test?.labels.find((name) => !classes.includes(name));
    if (other !== undefined) throw badArgument(`the classes of '${testPath}'`, 'those of the training texts', other);
    if (this.#options.labels === 'binary' && classes.length > 2) {
      throw badArgument('labels', `'oneHot' or 'number', for ${classes.length} classes,`, 'binary');
    }
    this.#classes = classes;
    this.#given = { train, test, tokenizer };
    this.#build({ split, validation });
  }

  /** The names of the classes, in order of their numbers. */
  get classNames(): readonly string[] {
    return this.#classes;
  }

  /** The tokens of numbers 2, 3 and so on; undefined for hashed tokens and a tokenizer.json. */
  get vocabulary(): readonly string[] | undefined {
    return Object.values(this.#columns)[0]?.text?.vocabulary;
  }

  /** How many numbers tokens have, 0 (padding) and 1 (unknown) included: the count for an `EmbeddingLayer`. */
  get tokenCount(): number {
    return this.#tokenCount;
  }

  protected override get labelNames(): readonly string[] {
    return this.#classes;
  }

  /** Makes rows of the texts; vocabulary and weights come from those that are left for training. */
  #build(shares: TextShares): void {
    const { tokenizer, ...given } = this.#given!;
    const sets = textSetsOf(given, shares, this.#options.seed ?? 0);
    const { texts, column } = sets.train;
    const numbers = textNumbering(this.#options, tokenizer, texts);
    const numbering = remembering(numberingOf(numbers));
    const encodings = textEncodings(this.#options, numbers, numbering, texts);
    const [train, test, validation] = [sets.train, sets.test, sets.validation].map(
      (one) => one && textPart(one, encodings, this.#classes, numbering.numbersOf),
    );
    const set = new TrackedSet(train!, { test, validation });
    this.useSet(set);
    this.#encodeLabels();
    set.isTouched = false;
    this.#shares = shares;
    this.#tokenCount = numbering.count;
    this.#columns = mapNamed(encodings, (text) => {
      return { name: column, encoding: 'text', text, missingCells: [], missing: 'error' };
    });
  }

  #encodeLabels(): void {
    const { labels = this.#classes.length === 2 ? 'binary' : 'oneHot' } = this.#options;
    if (labels === 'binary') this.normalizeY('binaryClassifier');
    if (labels === 'oneHot') this.normalizeY('multipleClassifier');
  }

  /**
   * Makes training texts, chosen at random by the seed of the options, the test set. The vocabulary is made anew, of the other
   * texts. Call it before all that changes the rows.
   * @param k - above 1 a divisor: 5, the default, takes a fifth; below 1 a share: 0.2 takes a fifth, too
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for another number, for a reader with a test set, and after other changes
   */
  override splitTestSet(k = 5): void {
    this.#take('splitTestSet', 'split', k);
  }

  /**
   * Makes training texts, chosen at random by the seed of the options, the validation set. The vocabulary is made anew, of the
   * other texts. Call it before all that changes the rows.
   * @param k - above 1 a divisor: 10, the default, takes a tenth; below 1 a share: 0.1 takes a tenth, too
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for another number, for a reader with a validation set, and after other changes
   */
  override generateValidationSet(k = 10): void {
    this.#take('generateValidationSet', 'validation', k);
  }

  #take(call: string, share: keyof TextShares, k: number): void {
    const set = this.requireSet() as TrackedSet;
    const name = share === 'split' ? 'test' : 'validation';
    if (set[name]) throw badArgument(call, `a reader without a ${name} set`, 'one that has it');
    if (set.isTouched) {
      throw badArgument(call, 'to come before shuffling and other changes of the rows', 'it after that');
    }
    this.#build({ ...this.#shares, [share]: k });
  }

  override get preparation(): Preparation {
    const made = super.preparation;
    const { inputs, targets } = made;
    const classes = this.#classes;
    if (!inputs) return { ...made, columns: [this.#columns['']!], classes: made.classes ?? classes };
    const named = mapNamed(inputs, (input, name) => ({ ...input, columns: [this.#columns[name]!] }));
    return {
      inputs: named,
      targets: mapNamed(targets!, (target) => ({ ...target, classes: target.classes ?? classes })),
    };
  }
}

/** Cuts each text once: to segment words takes long. */
function remembering({ count, numbersOf }: Numbering): Numbering {
  const known = new Map<string, readonly number[]>();
  return {
    count,
    numbersOf(text) {
      const numbers = known.get(text) ?? numbersOf(text);
      known.set(text, numbers);
      return numbers;
    },
  };
}
