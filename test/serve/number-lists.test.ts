import test from 'ava';
import fc from 'fast-check';
import { listAt, parseWithLists } from '#blasnet/serve/number-lists';

/** The text's value with its lists put back. */
function parsed(text: string, isSingle = false): unknown {
  const { value, lists } = parseWithLists(Buffer.from(text), isSingle);
  const nested = (numbers: readonly number[], lengths: readonly number[]): unknown => {
    const [length = 0, ...rest] = lengths;
    if (rest.length === 0) return numbers;
    const size = numbers.length / length;
    return Array.from({ length }, (_, i) => nested(numbers.slice(i * size, (i + 1) * size), rest));
  };
  const restored = (one: unknown): unknown => {
    const list = listAt(lists, one);
    if (list) return nested([...list.numbers], list.lengths);
    if (Array.isArray(one)) return one.map(restored);
    if (typeof one !== 'object' || one === null) return one;
    return Object.fromEntries(Object.entries(one).map(([key, field]) => [key, restored(field)]));
  };
  return restored(value);
}

const countOf = (text: string) => parseWithLists(Buffer.from(text), true).lists.length;

test('lists of numbers, flat and nested, with white space, signs and exponents', (t) => {
  const text = '{"data" :\n[ 1,-2.5 ,\t0, -0,1e3,1E-2,123456789012, 0.001 ], "other":[3], "b": {"data":[[1,2],[3,4]]}}';
  t.is(countOf(text), 2);
  t.deepEqual(parsed(text), JSON.parse(text));
});

test('what is no list of numbers is left to JSON.parse', (t) => {
  for (const data of ['[]', '[[1],[2,3]]', '[1,"a"]', '[1,[2]]', '[[1],2]', '[null]', '3', '{"a":[1]}', '"[1]"']) {
    const text = `{"data":${data}}`;
    t.is(countOf(text), 0, data);
    t.deepEqual(parsed(text), JSON.parse(text), data);
  }
});

test('what JSON.parse refuses is refused', (t) => {
  const lists = ['[01]', '[1.]', '[.5]', '[+1]', '[1e]', '[NaN]', '[-]', '[1,]', '[,1]', '[1', '[1}', '[1 2]', '[0x1]'];
  for (const list of lists) t.throws(() => parsed(`{"data":${list}}`), { instanceOf: SyntaxError }, list);
});

test('a key within a string is none', (t) => {
  for (const text of [
    '{"a\\"data":[1]}',
    '["\\"data\\":[1]"]',
    '{"\\\\":"\\"data\\":[1]","data":[2]}',
    '["data",[1]]',
  ]) {
    t.deepEqual(parsed(text), JSON.parse(text), text);
  }
});

test('any JSON is what JSON.parse says', (t) => {
  const numbers = fc.oneof(fc.double({ noDefaultInfinity: true, noNaN: true }), fc.integer(), fc.constant(0));
  const lists = fc.oneof(fc.array(numbers), fc.array(fc.array(numbers)), fc.anything());
  const object = fc.record({ name: fc.string(), data: lists, more: fc.record({ data: lists }) });
  const property = fc.property(fc.array(object), fc.nat(2), (value, indent) => {
    const text = JSON.stringify(value, (_, one) => (typeof one === 'bigint' ? null : one), indent);
    t.deepEqual(parsed(text), JSON.parse(text));
  });
  fc.assert(property, { seed: 1, numRuns: 300 });
});

test('single precision: what the double that JSON.parse says rounds to', (t) => {
  const digits = fc.tuple(fc.bigInt(0n, 10n ** 27n), fc.integer({ min: -60, max: 30 }));
  const property = fc.property(fc.array(digits, { minLength: 1 }), (numbers) => {
    const texts = numbers.map(([sum, exponent]) => `${sum}e${exponent}`);
    const { lists } = parseWithLists(Buffer.from(`{"data":[${texts}]}`), true);
    t.deepEqual([...lists[0]!.numbers].map(Math.fround), texts.map(Number).map(Math.fround));
  });
  fc.assert(property, { seed: 1, numRuns: 300 });
  // In the middle between two floats, and next to it.
  const middle = '1.00000005960464477539';
  const near = [`${middle}0625`, `${middle}0624`, `${middle}0626`, `${middle}`, '16777217', '16777217.0000000001'];
  const { lists } = parseWithLists(Buffer.from(`{"data":[${near}]}`), true);
  t.deepEqual([...lists[0]!.numbers].map(Math.fround), near.map(Number).map(Math.fround));
});

test('more numbers than there is room for at first', (t) => {
  const data = Array.from({ length: 100_000 }, (_, i) => i / 4);
  const text = JSON.stringify([{ data }, { data: data.slice(1) }]);
  t.is(countOf(text), 2);
  t.deepEqual(parsed(text), JSON.parse(text));
});
