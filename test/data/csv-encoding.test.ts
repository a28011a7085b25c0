import { gzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { latin1Text } from '#blasnet/data/csv/text';
import { type CsvTexts, readCsv } from '../support/csv.js';
import { badArgument, badFile } from '../support/errors.js';

const train = 'city,y\nGrün,1\nGrön,2\nGrän,3\n';
const latin1 = Buffer.from(train, 'latin1');
const cities = ['Grän', 'Grön', 'Grün'];
const read = (t: ExecutionContext, options: Partial<CsvTexts>) =>
  readCsv(t, { train, label: 'y', categorical: 'oneHot', ...options });

test('bytes that are not UTF-8 are refused, with line and column', async (t) => {
  const refusal = badFile(
    /^Expected text in UTF-8 \(or encoding: 'latin1', for files of Windows and Excel\) in line 2, column 'city', of '.*train.csv' but received bytes of another encoding, which is 'Grün' in latin1$/,
  );
  await t.throwsAsync(read(t, { train: latin1 }), refusal);
  await t.throwsAsync(read(t, { train: gzipSync(latin1) }), refusal);
});

test('bytes that are not UTF-8 › place', async (t) => {
  const places: [Partial<CsvTexts>, RegExp][] = [
    [{ train: 'a,y\n1,2\n\n"x\ny",3\n5,ü\n' }, / in line 6, column 'y', of '.*' but received .* 'ü' in latin1$/],
    [{ train: 'größe,y\n1,2\n', label: 'y' }, / in line 1 of '.*' but received .* 'größe' in latin1$/],
    [{ train: 'ok,y\nä,1\n', header: ['stadt', 'y'] }, / in line 2, column 'stadt', of/],
    [{ train: '1,ß\n', header: false, label: 0 }, / in line 1, column '1', of/],
    [
      { train: '# für\na,y\n1,2\n', comment: '#' },
      /^Expected text in UTF-8 .* in '.*' but received bytes of another encoding$/,
    ],
    [{ train: `a,y\n${'1,2\n'.repeat(50_000)}1,é\n` }, / in line 50002, column 'y', of/],
    [{ train: 'a,y\n1,2\n3,\xc3' }, / in line 3, column 'y', of/],
  ];
  for (const [{ train: text, ...options }, message] of places) {
    await t.throwsAsync(read(t, { ...options, train: Buffer.from(text as string, 'latin1') }), badFile(message));
  }
  await t.throwsAsync(read(t, { test: latin1 }), badFile(/line 2, column 'city', of '.*test.csv'/));
});

test('skipped lines may be in any encoding', async (t) => {
  const reader = await read(t, { train: Buffer.from('für alle\na,y\n1,2\n', 'latin1'), skipLines: 1 });
  t.deepEqual(reader.xTrain.toArray(), [[1]]);
});

test("encoding › 'latin1'", async (t) => {
  for (const file of [latin1, gzipSync(latin1)]) {
    const reader = await read(t, { train: file, test: latin1, encoding: 'latin1' });
    t.deepEqual(reader.categories.city, cities);
    t.deepEqual(reader.xTest.toArray(), reader.xTrain.toArray());
  }
  // Windows-1252 has a euro sign where ISO 8859-1 has a control character.
  const euro = await read(t, { train: Buffer.from('c,y\n\x80,1\n\x9f,2\n', 'latin1'), encoding: 'latin1' });
  t.deepEqual(euro.categories.c, ['Ÿ', '€']);
  const all = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  const text = latin1Text(all);
  t.is([...text].length, 256);
  t.is(text.slice(0, 0x80) + text.slice(0xa0), all.toString('latin1').replace(/[\x80-\x9f]/g, ''));
  t.is(text.slice(0x80, 0xa0), '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ');
});

test('UTF-8 › with a mark, and characters across the borders of chunks', async (t) => {
  t.deepEqual((await read(t, { train: `\ufeff${train}` })).categories.city, cities);
  for (const character of ['ü', '€', '😀']) {
    // Chunks of a file are 64 KiB, those of gunzip 16 KiB: characters lie at all places around their borders.
    for (let shift = 0; shift < 4; shift++) {
      const name = `${'x'.repeat(shift)}${character.repeat(9)}`;
      const text = `c${'c'.repeat(shift)},y\n${`${name},1\n`.repeat(8000)}`;
      for (const file of [text, gzipSync(text)]) {
        const reader = await read(t, { train: file });
        t.is(reader.numTrain, 8000);
        t.deepEqual(Object.values(reader.categories), [[name]]);
      }
    }
  }
});

test('UTF-16 is refused, and the mark of UTF-8 in front of latin1', async (t) => {
  const utf16 = Buffer.from(`\ufeff${train}`, 'utf16le');
  const expected = badFile(/^Expected text in UTF-8 \(save it as 'CSV UTF-8'\) in '.*' but received UTF-16$/);
  await t.throwsAsync(read(t, { train: utf16 }), expected);
  await t.throwsAsync(read(t, { train: gzipSync(utf16), encoding: 'latin1' }), expected);
  await t.throwsAsync(read(t, { train: utf16.swap16() }), expected);
  await t.throwsAsync(
    read(t, { train: `\ufeff${train}`, encoding: 'latin1' }),
    badFile(
      /^Expected text in latin1 in '.*' but received the mark of UTF-8 at its start; leave encoding: 'latin1' out$/,
    ),
  );
  await t.throwsAsync(read(t, { encoding: 'utf8' as 'utf-8' }), badArgument(/'utf-8' or 'latin1' for encoding/));
});

test('decimal › a comma, with the delimiter that is found or given', async (t) => {
  const comma = 'a;b;y\n1,5;-2;"3,25"\n,5;1e3;4\n';
  const expected = [
    [1.5, -2],
    [0.5, 1000],
  ];
  const files: Partial<CsvTexts>[] = [
    { train: comma },
    { train: comma.replaceAll(';', '\t') },
    { train: comma.replaceAll(';', '|'), delimiter: '|' },
    { train: comma.replaceAll(';', '\t'), extension: 'tsv' },
    { train: '"a","b","y"\n"1,5","-2","3,25"\n",5","1e3","4"\n' },
  ];
  for (const file of files) {
    const reader = await read(t, { ...file, decimal: ',' });
    t.deepEqual([reader.xTrain.toArray(), reader.yTrain.toArray()], [expected, [[3.25], [4]]]);
    t.is(reader.preparation.columns![0]!.decimal, ',');
    t.deepEqual(reader.encodeRows([{ a: '1,5', b: 2.5 }]).toArray(), [[1.5, 2.5]]);
    t.throws(
      () => reader.encodeRows([{ a: '1.5', b: 2 }]),
      badArgument(/^Expected a number with a decimal comma for row 0, column 'a' but received '1.5'$/),
    );
  }
  await t.throwsAsync(
    read(t, { train: 'a;y\n1;1\n1.5;2\n', decimal: ',', categorical: undefined }),
    badFile(/decimal comma in line 3/),
  );
  await t.throwsAsync(
    read(t, { train: comma }),
    badFile(/- a number with a decimal point in line 2, column 'a' but received '1,5'; use decimal: ',' or ignore/),
  );
});

test('delimiter › found in the first line where it has no comma', async (t) => {
  for (const delimiter of [';', '\t', '|']) {
    for (const options of [{}, { comment: '#' }, { skipLines: 1 }]) {
      const start = 'comment' in options ? '# a, b\n\n' : 'skipLines' in options ? 'a, b\n' : '';
      const text = `${start}"a,b";y\n1;2\n`.replaceAll(';', delimiter);
      const reader = await read(t, { train: gzipSync(text), extension: 'csv.gz', ...options });
      t.deepEqual(reader.featureNames, ['a,b']);
      t.deepEqual(reader.yTrain.toArray(), [[2]]);
    }
  }
  t.deepEqual((await read(t, { train: 'a;b,y\n1,2\n' })).featureNames, ['a;b']);
});
