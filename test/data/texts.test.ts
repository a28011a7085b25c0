import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type TextOptions, TextReader } from 'blasnet';
import fc from 'fast-check';
import { murmurHash } from '#blasnet/data/text/murmur';
import { cutFor } from '#blasnet/data/text/tokenizers';
import { badArgument, badFile, untyped } from '../support/errors.js';
import { temporaryFolder, write } from '../support/files.js';

interface Numbers {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}
interface Fixture {
  readonly train: readonly string[];
  readonly test: readonly string[];
  readonly vocabulary: readonly string[];
  readonly tf: { readonly train: Numbers; readonly test: Numbers };
  readonly tfIdf: Fixture['tf'];
  readonly hashed: Fixture['tf'];
  readonly tokenizer: object;
  readonly ids: readonly (readonly number[])[];
}
const url = new URL('../../../../test/fixtures/reference/texts.json', import.meta.url);
const fixture = JSON.parse(await readFile(url, 'utf8')) as Fixture;

const csv = (texts: readonly string[], labels: (i: number) => string) =>
  ['text,label', ...texts.map((text, i) => `"${text.replaceAll('"', '""')}",${labels(i)}`)].join('\n');
const parity = (i: number): string => (i % 2 === 0 ? 'even' : 'odd');

async function readerOf(t: ExecutionContext, options: Partial<TextOptions> = {}, labels = parity): Promise<TextReader> {
  const folder = await temporaryFolder(t);
  const train = await write(folder, 'train.csv', csv(fixture.train, labels));
  const test = await write(folder, 'test.csv', csv(fixture.test, labels));
  const reader = new TextReader({ train, ...(options.split === undefined && { test }), ...options });
  await reader.readData();
  return reader;
}

const near = (a: ArrayLike<number>, b: readonly number[]) =>
  a.length === b.length && b.every((value, i) => Math.abs(value - a[i]!) < 1e-6);

for (const [name, options] of [
  ['tf', { weights: 'tf' }],
  ['tfIdf', {}],
  ['hashed', { hashing: 16 }],
] as const) {
  test(`a bag of words as by scikit-learn › ${name}`, async (t) => {
    const reader = await readerOf(t, { features: 'bag', ...options });
    for (const [x, expected] of [
      [reader.xTrain, fixture[name].train],
      [reader.xTest, fixture[name].test],
    ] as const) {
      t.deepEqual(x.shape, expected.shape);
      t.true(near(x.data, expected.data));
    }
    if (name !== 'hashed') t.deepEqual(reader.vocabulary, fixture.vocabulary);
    // The same without zeros.
    const pairs = (await readerOf(t, { features: 'pairs', ...options })).namedTensors('train').inputs;
    const { words, weights } = pairs as Record<'words' | 'weights', (typeof pairs)[string]>;
    t.deepEqual([words.dtype, words.shape, weights.shape], ['int32', words.shape, words.shape]);
    const dense = Float32Array.from(reader.xTrain.data, () => 0);
    words.data.forEach((word, i) => {
      if (word === 0) t.is(weights.data[i], 0);
      else dense[Math.floor(i / words.rowSize) * reader.xTrain.rowSize + word - 2] = weights.data[i]!;
    });
    t.deepEqual([...dense], [...reader.xTrain.data]);
  });
}

test('tokens › numbers, padding, unknown words, maximum length', async (t) => {
  const reader = await readerOf(t, { vocabularySize: 4 });
  t.deepEqual(reader.vocabulary, ['the', 'a', 'cat', 'and']);
  t.is(reader.tokenCount, 6);
  const { inputs, targets } = reader.namedTensors();
  t.deepEqual([inputs['']!.dtype, inputs['']!.shape], ['int32', [6, 10]]);
  const rows = inputs['']!.toArray() as number[][];
  t.deepEqual(rows[0], [2, 4, 1, 1, 2, 1, 0, 0, 0, 0]);
  t.deepEqual(rows[1], [3, 1, 5, 3, 4, 3, 4, 5, 3, 1]);
  t.deepEqual(rows[4], [1, 1, 1, 1, 1, 0, 0, 0, 0, 0]);
  t.deepEqual(targets['']!.toArray(), [[0], [1], [0], [1], [0], [1]]);
  const empty = reader.namedTensors('test').inputs['']!.toArray() as number[][];
  t.deepEqual(empty[2], Array(10).fill(0));
  for (const [keep, expected] of [
    ['start', [3, 1, 5]],
    ['end', [5, 3, 1]],
  ] as const) {
    const short = await readerOf(t, { vocabularySize: 4, maxLength: 3, keep });
    t.deepEqual((short.namedTensors().inputs['']!.toArray() as number[][])[1], expected);
  }
  const frequent = await readerOf(t, { minCount: 4 });
  t.deepEqual(frequent.vocabulary, ['the', 'a']);
  const given = await readerOf(t, { vocabulary: ['mat', 'cat'], maxLength: 6 });
  t.deepEqual((given.namedTensors().inputs['']!.toArray() as number[][])[0], [1, 3, 1, 1, 1, 2]);
  const large = await readerOf(t, { lowerCase: false });
  t.true(large.vocabulary!.includes('The') && large.vocabulary!.includes('the'));
  const characters = await readerOf(t, { tokenizer: 'characters', maxLength: 4 });
  t.is(characters.vocabulary![0], ' ');
  t.true(characters.vocabulary!.includes('ü'));
  const hashed = await readerOf(t, { hashing: 100, maxLength: 2 });
  t.deepEqual([hashed.vocabulary, hashed.tokenCount], [undefined, 102]);
  const number = (word: string) => 2 + (Math.abs(murmurHash(word) | 0) % 100);
  t.deepEqual((hashed.namedTensors().inputs['']!.toArray() as number[][])[0], [number('the'), number('cat')]);
});

test('tokens › words are those that Intl.Segmenter finds in the whole text', (t) => {
  const segmenter = new Intl.Segmenter('en', { granularity: 'word' });
  const cut = cutFor('words', { lowerCase: false });
  const character = fc.constantFrom(...'ab1 29.,:;\'"!?()[]{}_-%&@ \n\tüé\u0301猫犬です👩\u200d🔬');
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: character, maxLength: 40 }), fc.string({ unit: 'grapheme' })), (text) => {
      const whole = [...segmenter.segment(text.normalize('NFC'))].flatMap((one) =>
        one.isWordLike ? [one.segment] : [],
      );
      t.deepEqual(cut(text), whole, JSON.stringify(text));
    }),
    { numRuns: 2000, seed: 7 },
  );
});

test('tokens › languages without spaces', async (t) => {
  const folder = await temporaryFolder(t);
  const train = await write(folder, 'train.csv', csv(['これは猫です', 'これは犬です'], parity));
  const reader = new TextReader({ train, locale: 'ja' });
  await reader.readData();
  t.true(reader.vocabulary!.includes('猫') && reader.vocabulary!.includes('犬'));
  t.throws(() => new TextReader({ train, locale: untyped(5) }), badArgument(/a string for locale/));
  await t.throwsAsync(
    new TextReader({ train, locale: 'no language' }).readData(),
    badArgument(/the name of a language/),
  );
});

test('tokens › of a tokenizer.json, as by Hugging Face', async (t) => {
  const folder = await temporaryFolder(t);
  const file = await write(folder, 'tokenizer.json', JSON.stringify(fixture.tokenizer));
  const reader = await readerOf(t, { tokenizer: { file } });
  const count = Object.keys((fixture.tokenizer as { model: { vocab: object } }).model.vocab).length;
  t.is(reader.tokenCount, count + 2);
  const rows = [
    ...reader.namedTensors('train').inputs['']!.toArray(),
    ...reader.namedTensors('test').inputs['']!.toArray(),
  ];
  const length = Math.max(...fixture.ids.slice(0, 6).map((ids) => ids.length));
  for (const [i, row] of (rows as number[][]).entries()) {
    const ids = fixture.ids[i]!.slice(0, length).map((id) => id + 2);
    t.deepEqual(row, [...ids, ...Array(length - ids.length).fill(0)]);
  }
  for (const [content, message] of [
    ['{', /JSON in/],
    ['[]', /the contents of a tokenizer.json in/],
    ['{}', /the contents of a tokenizer.json/],
    ['{"model":{"type":"BPE","vocab":{},"merges":[]}}', /the contents of a tokenizer.json/],
  ] as const) {
    const bad = await write(folder, 'bad.json', content);
    await t.throwsAsync(readerOf(t, { tokenizer: { file: bad } }), badFile(message));
  }
});

test('vocabulary and weights come from the training texts alone', async (t) => {
  const reader = await readerOf(t, { features: 'bag', split: 3, validation: 2 });
  t.deepEqual([reader.numTrain, reader.numValidation, reader.numTest], [2, 2, 2]);
  const whole = await readerOf(t, { features: 'bag' });
  t.true(reader.vocabulary!.length < whole.vocabulary!.length);
  const byCall = await readerOf(t, { features: 'bag', split: 3 });
  byCall.generateValidationSet(2);
  t.deepEqual(byCall.preparation, reader.preparation);
  t.deepEqual([...byCall.xDev.data], [...reader.xDev.data]);
  t.throws(() => byCall.generateValidationSet(2), badArgument(/a reader without a validation set/));
  t.throws(() => byCall.splitTestSet(2), badArgument(/a reader without a test set/));
  const shuffled = await readerOf(t);
  shuffled.shuffle(1);
  t.throws(() => shuffled.generateValidationSet(2), badArgument(/to come before shuffling/));
  const other = await readerOf(t, { features: 'bag', split: 3, validation: 2, seed: 5 });
  t.notDeepEqual(other.preparation, reader.preparation);
});

test('labels › one-hot, 0 and 1, numbers', async (t) => {
  const three = (i: number) => ['x', 'y', 'z'][i % 3]!;
  const oneHot = await readerOf(t, {}, three);
  t.deepEqual(
    [oneHot.classNames, oneHot.yTrain.toArray()[1]],
    [
      ['x', 'y', 'z'],
      [0, 1, 0],
    ],
  );
  t.deepEqual(oneHot.preparation.classes, ['x', 'y', 'z']);
  const numbers = await readerOf(t, { labels: 'number' }, three);
  t.deepEqual(
    [numbers.yTrain.shape, [...numbers.yTrain.data]],
    [
      [6, 1],
      [0, 1, 2, 0, 1, 2],
    ],
  );
  t.deepEqual(numbers.preparation.classes, ['x', 'y', 'z']);
  t.deepEqual((await readerOf(t, { labels: 'oneHot' })).yTrain.shape, [6, 2]);
  await t.throwsAsync(readerOf(t, { labels: 'binary' }, three), badArgument(/'oneHot' or 'number', for 3 classes/));
  const grades = await readerOf(t, {}, (i) => ['10', '9', '2'][i % 3]!);
  t.deepEqual(grades.classNames, ['2', '9', '10']);
  await t.throwsAsync(
    readerOf(t, {}, () => 'x'),
    badArgument(/at least two classes .* but received ''x' alone'/),
  );
});

test('folders › a folder for each class, a file for each text', async (t) => {
  const folder = await temporaryFolder(t);
  for (const name of ['good', 'bad']) await mkdir(join(folder, name));
  await write(join(folder, 'good'), '1.txt', 'fine\nfilm');
  await write(join(folder, 'good'), '.hidden', 'no text');
  await write(join(folder, 'bad'), '1.txt', 'dull film');
  await write(join(folder, 'bad'), '2.txt', 'dull');
  await write(folder, 'README', 'no class');
  const reader = new TextReader({ train: folder });
  await reader.readData();
  t.deepEqual(
    [reader.classNames, reader.vocabulary],
    [
      ['bad', 'good'],
      ['dull', 'film', 'fine'],
    ],
  );
  t.deepEqual(reader.namedTensors().inputs['']!.toArray(), [
    [2, 3],
    [2, 0],
    [4, 3],
  ]);
  await write(join(folder, 'good'), '2.txt', Uint8Array.of(0xff, 0xfe));
  await t.throwsAsync(new TextReader({ train: folder }).readData(), badFile(/text in UTF-8 in .*2.txt/));
  await t.throwsAsync(
    new TextReader({ train: join(folder, 'good') }).readData(),
    badFile(/a folder of texts for each class/),
  );
  await t.throwsAsync(new TextReader({ train: join(folder, 'none') }).readData(), badFile(/none/));
});

test('files › columns, other classes, lines that cannot be read', async (t) => {
  const folder = await temporaryFolder(t);
  const file = (text: string) => write(folder, 'texts.csv', text);
  const read = async (text: string, more: Partial<TextOptions> = {}) => {
    const reader = new TextReader({ train: await file(text), ...more });
    await reader.readData();
    return reader;
  };
  const named = await read('id;review;stars\n1;"good; very";5\n2;bad;1\n', { text: 'review', label: -1 });
  t.deepEqual([named.classNames, named.preparation.columns![0]!.name], [['1', '5'], 'review']);
  const plain = await read('good,a\nbad,b\n', { header: false, text: 0, label: 1 });
  t.deepEqual(plain.vocabulary, ['bad', 'good']);
  await t.throwsAsync(read('text,class\na,b\n'), badArgument(/a column of the file \('text', 'class'\) for label/));
  await t.throwsAsync(read('text,label\na,b\nc,\n'), badFile(/a label in line 3 of .* an empty cell/));
  await t.throwsAsync(read('text,label\na,b\nc\n'), badFile(/2 cells|line 3/));
  await t.throwsAsync(read('text,label\n'), badFile(/at least one text/));
  await t.throwsAsync(
    read('text,label\na,b\n', { label: 'text' }),
    badArgument(/another column than that of the texts/),
  );
  await t.throwsAsync(read('text,label\n!,b\n?,c\n'), badArgument(/a token that occurs at least 1 times/));
  const train = await write(folder, 'train.csv', 'text,label\na,b\nc,d\n');
  const test_ = await write(folder, 'test.csv', 'text,label\na,e\n');
  await t.throwsAsync(
    new TextReader({ train, test: test_ }).readData(),
    badArgument(/those of the training texts .* 'e'/),
  );
});

test('options are checked', (t) => {
  const make = (options: object) => () => new TextReader(untyped({ train: 'x.csv', ...options }));
  t.throws(make({ tokeniser: 'words' }), badArgument(/did you mean 'tokenizer'/i));
  t.throws(make({ tokenizer: 'word' }), badArgument(/'words' or 'characters' for tokenizer/));
  t.throws(make({ tokenizer: { path: 'x' } }), badArgument(/for tokenizer but received 'path'/));
  t.throws(
    make({ tokenizer: { file: 'x' }, minCount: 2 }),
    badArgument(/beside the tokenizer of a file, for|for minCount/),
  );
  t.throws(make({ hashing: 10, vocabularySize: 5 }), badArgument(/nothing, beside hashing, for vocabularySize/));
  t.throws(make({ vocabulary: ['a', 'a'] }), badArgument(/each token once/));
  t.throws(make({ vocabulary: [], hashing: 3 }), badArgument(/a list of strings for vocabulary/));
  t.throws(make({ maxLength: 0 }), badArgument(/for maxLength/));
  t.throws(make({ weights: 'tf' }), badArgument(/for weights/));
  t.throws(make({ features: 'bag', keep: 'end' }), badArgument(/for keep/));
  t.throws(make({ features: 'bag', maxLength: 3 }), badArgument(/for maxLength/));
  t.throws(make({ features: 'words' }), badArgument(/for features/));
  t.throws(make({ split: 0.2, test: 'y.csv' }), badArgument(/no test file beside it for split/));
  t.throws(make({ split: '5' }), badArgument(/for split/));
  t.throws(make({ labels: 'one' }), badArgument(/for labels/));
  t.throws(make({ train: 5 }), badArgument(/the name of a file or folder for train/));
  t.throws(make({ text: 1.5 }), badArgument(/a column for text/));
  t.throws(make({ seed: -1 }), badArgument(/for seed/));
});

test('hashing › MurmurHash3 of UTF-8', (t) => {
  // By scikit-learn's murmurhash3_32.
  for (const [text, hash] of [
    ['', 0],
    ['a', 1009084850],
    ['abc', 3017643002],
    ['abcd', 1139631978],
    ['hello world', 1586663183],
    ['über', 2684790572],
    ['日本語のテキスト', 3493079026],
  ] as const) {
    t.is(murmurHash(text), hash, text);
  }
});
