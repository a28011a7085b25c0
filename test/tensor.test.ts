import test from 'ava';
import { Tensor } from 'blasnet';
import { arrayOf, requireTensor, sizeOf } from '#blasnet/tensor/tensor';
import { badArgument, shapeMismatch, untyped } from './support/errors.js';
import { transferAway } from './support/memory.js';

test('from › a flat list is one row of float32', (t) => {
  const tensor = Tensor.from([1, 2, 3]);
  t.deepEqual(tensor.shape, [1, 3]);
  t.is(tensor.dtype, 'float32');
  t.deepEqual(tensor.data, Float32Array.of(1, 2, 3));
  t.is(tensor.rows, 1);
  t.is(tensor.rowSize, 3);
  t.is(tensor.size, 3);
});

test('from › nested lists are rows', (t) => {
  const tensor = Tensor.from([
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
  t.deepEqual(tensor.shape, [3, 2]);
  t.deepEqual([...tensor.data], [1, 2, 3, 4, 5, 6]);
});

test('from › a typed array is viewed, and converted only for another dtype', (t) => {
  const values = Float64Array.of(1, 2);
  const view = Tensor.from(values);
  t.is(view.data, values);
  t.is(view.dtype, 'float64');
  const copy = Tensor.from(values, [2, 1], 'float32');
  t.deepEqual(copy.data, Float32Array.of(1, 2));
  t.deepEqual(copy.shape, [2, 1]);
});

test('from › no numbers at all', (t) => {
  t.deepEqual(Tensor.from([]).shape, [1, 0]);
  t.deepEqual(Tensor.from([[], []]).shape, [2, 0]);
});

test('from › the shape is a copy that cannot be changed', (t) => {
  const shape = [1, 2];
  const tensor = Tensor.from([1, 2], shape);
  shape[0] = 9;
  t.deepEqual(tensor.shape, [1, 2]);
  t.true(Object.isFrozen(tensor.shape));
});

test('from › lists nested deeper, as images are', (t) => {
  const images = Tensor.from([
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
    [
      [7, 8, 9],
      [10, 11, 12],
    ],
  ]);
  t.deepEqual(images.shape, [2, 2, 3]);
  t.deepEqual([...images.data], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  t.deepEqual(Tensor.from([[[[1], [2]]], [[[3], [4]]]]).shape, [2, 1, 2, 1]);
  t.deepEqual(Tensor.from([[[]], [[]]]).shape, [2, 1, 0]);
  t.deepEqual(Tensor.from([[[1, 2]], [[3, 4]]], [2, 2], 'float64').data, Float64Array.of(1, 2, 3, 4));
});

test('from › rows of typed arrays are copied', (t) => {
  const row = Float32Array.of(1, 2);
  const tensor = Tensor.from([row, Float64Array.of(3, 4), [5, 6], Uint8Array.of(7, 255)]);
  t.deepEqual(tensor.shape, [4, 2]);
  row[0] = 9;
  t.deepEqual([...tensor.data], [1, 2, 3, 4, 5, 6, 7, 255]);
  const deep = Tensor.from([[Int16Array.of(-1)], [[2]]], undefined, 'float64');
  t.deepEqual(deep.shape, [2, 1, 1]);
  t.deepEqual(deep.data, Float64Array.of(-1, 2));
});

test('from › NaN and infinities are numbers', (t) => {
  t.deepEqual([...Tensor.from([[Number.NaN, -Infinity, Infinity, -0]]).data], [Number.NaN, -Infinity, Infinity, -0]);
});

test('from › what is no number is refused, and its place told', (t) => {
  const refused = (values: unknown, message: RegExp) => {
    t.throws(() => Tensor.from(untyped(values)), badArgument(message));
  };
  refused(['a', 'b'], /Expected a number for values\[0\] but received 'a'$/);
  refused(['1'], /Expected a number for values\[0\] but received '1'$/);
  refused([1, undefined], /for values\[1\] but received undefined$/);
  refused(Array(1), /for values\[0\] but received undefined$/);
  refused([1, [2]], /Expected a number for values\[1\] but received an array of 1$/);
  refused([1n], /for values\[0\] but received 1n$/);
  refused([Symbol('s')], /for values\[0\] but received Symbol\(s\)$/);
  refused([new Date(0)], /for values\[0\] but received an instance of Date$/);
  refused([BigInt64Array.of(1n)], /for values\[0\] but received an instance of BigInt64Array$/);
  refused(
    [
      [1, 2],
      [null, 4],
    ],
    /Expected a number for values in row 1, column 0 but received null$/,
  );
  refused([[1, true]], /for values in row 0, column 1 but received true$/);
  refused([[1], [[2]]], /for values in row 1, column 0 but received an array of 1$/);
  refused([[[1], ['2']]], /for values\[0\]\[1\]\[0\] but received '2'$/);
});

test('from › lists of other lengths than the first', (t) => {
  const ragged = (values: unknown, message: RegExp) => {
    t.throws(() => Tensor.from(untyped(values)), shapeMismatch(message));
  };
  ragged([[1, 2], new Float32Array(3)], /Expected 2 numbers for row 1 but received 3$/);
  ragged([new Float32Array(2), [1]], /Expected 2 numbers for row 1 but received 1$/);
  ragged([[], [1]], /Expected 0 numbers for row 1 but received 1$/);
  ragged([[[1], [2]], [[3]]], /Expected 2 lists for row 1 but received 1$/);
  ragged(
    [
      [[1], [2]],
      [[3], 4],
    ],
    /Expected 1 numbers for values\[1\]\[1\] but received 4$/,
  );
  ragged([[[1, 2]], [[3]]], /Expected 2 numbers for values\[1\]\[0\] but received 1$/);
  for (const row of ['ab', undefined, { length: 2 }, new BigInt64Array(2), new DataView(new ArrayBuffer(2))]) {
    t.throws(() => Tensor.from(untyped([[1, 2], row])), badArgument(/Expected 2 numbers for row 1 but received/));
  }
  t.throws(
    () => Tensor.from(untyped([[[1]], Float32Array.of(1)])),
    badArgument(/Expected 1 lists for row 1 but received an instance of Float32Array$/),
  );
});

test('from › no more than 64 dimensions, and so no list within itself', (t) => {
  const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);
  t.is(Tensor.from(untyped(nested(64))).shape.length, 64);
  t.throws(() => Tensor.from(untyped(nested(65))), badArgument(/at most 64 dimensions for values but received 'more'/));
  const endless: unknown[] = [];
  endless.push(endless);
  t.throws(() => Tensor.from(untyped(endless)), badArgument(/at most 64 dimensions for values/));
});

test('from › lists of more numbers than fit into memory', (t) => {
  const rows = Array(2 ** 20).fill(Array(2 ** 20).fill(0));
  t.throws(() => Tensor.from(rows), badArgument(/Expected a shape that fits into memory but received/));
});

test('from › errors', (t) => {
  t.throws(() => Tensor.from([[1, 2], [3]]), shapeMismatch(/Expected 2 numbers for row 1 but received 1$/));
  t.throws(() => Tensor.from(untyped([[1, 2], 3])), shapeMismatch(/Expected 2 numbers for row 1 but received 3$/));
  t.throws(
    () => Tensor.from([1, 2, 3], [2, 2]),
    shapeMismatch(/Expected a product of 3 for shape but received \[2, 2\]/),
  );
  t.throws(
    () => Tensor.from([1], [-1, -1]),
    badArgument(/array of whole numbers ≥ 0 for shape but received '\[-1, -1\]'/),
  );
  t.throws(() => Tensor.from([1], [0.5, 2]), badArgument(/whole numbers ≥ 0 for shape/));
  t.throws(() => Tensor.from([1], untyped('ab')), badArgument(/whole numbers ≥ 0 for shape/));
  t.throws(
    () => Tensor.from(untyped(5)),
    badArgument(/an array or a Float32Array, Float64Array or Int32Array for values but/),
  );
  t.throws(() => Tensor.from(untyped(new Int16Array(2))), badArgument(/received an instance of Int16Array/));
  t.throws(
    () => Tensor.from([1], [1, 1], untyped('float16')),
    badArgument(/'float32', 'float64' or 'int32' for dtype but received 'float16'/),
  );
  const shared = new Float32Array(new SharedArrayBuffer(8));
  t.throws(() => Tensor.from(shared), badArgument(/an ArrayBuffer, .* for values' memory but .* SharedArrayBuffer/));
});

test('from › memory that can shrink is refused', (t) => {
  const buffer: ArrayBuffer = Reflect.construct(ArrayBuffer, [8, { maxByteLength: 16 }]);
  t.throws(() => Tensor.from(new Float32Array(buffer)), badArgument(/neither shared nor resizable/));
});

test('zeros', (t) => {
  t.deepEqual(Tensor.zeros([2, 3]).data, new Float32Array(6));
  t.deepEqual(Tensor.zeros([2], 'float64').data, new Float64Array(2));
  t.throws(() => Tensor.zeros([2 ** 30, 2 ** 30]), badArgument(/a size below 2\^53 for shape/));
  t.throws(() => Tensor.zeros([Number.NaN]), badArgument(/whole numbers ≥ 0 for shape/));
  t.throws(() => Tensor.zeros([1], untyped('int8')), badArgument(/for dtype but received 'int8'/));
});

test('reshape › shares memory', (t) => {
  const tensor = Tensor.from([1, 2, 3, 4]);
  const reshaped = tensor.reshape([2, 2]);
  reshaped.data[3] = 9;
  t.deepEqual(tensor.toArray(), [[1, 2, 3, 9]]);
  t.throws(() => tensor.reshape([3]), shapeMismatch(/Expected a product of 4 for shape but received \[3\]/));
});

test('slice › rows, in the same memory', (t) => {
  const tensor = Tensor.from([
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
  t.deepEqual(tensor.slice(1).toArray(), [
    [3, 4],
    [5, 6],
  ]);
  t.deepEqual(tensor.slice(3).shape, [0, 2]);
  tensor.slice(0, 1).data[0] = 7;
  t.is(tensor.data[0], 7);
  for (const [from, to] of [
    [-1, 2],
    [2, 1],
    [0, 4],
    [0.5, 2],
  ] as const) {
    t.throws(() => tensor.slice(from, to), badArgument(/a range within 0 to 3 for rows but received/));
  }
});

test('clone › memory of its own, in another dtype if asked', (t) => {
  const tensor = Tensor.from([0.1, 2]);
  const copy = tensor.clone('float64');
  copy.data[1] = 3;
  t.deepEqual([...tensor.data], [Math.fround(0.1), 2]);
  t.deepEqual(copy.data, Float64Array.of(Math.fround(0.1), 3));
  t.is(tensor.clone().dtype, 'float32');
});

test('toArray › rows for two dimensions, else flat', (t) => {
  t.deepEqual(Tensor.from([1, 2, 3, 4], [2, 2]).toArray(), [
    [1, 2],
    [3, 4],
  ]);
  t.deepEqual(Tensor.from([1, 2, 3, 4], [2, 2, 1]).toArray(), [1, 2, 3, 4]);
  t.deepEqual(Tensor.from([1, 2], [2]).toArray(), [1, 2]);
});

test('toJSON › nested as the shape is, null for what JSON cannot say', (t) => {
  const p = Tensor.from([
    [1, 2],
    [3.5, Number.NaN],
  ]);
  t.is(JSON.stringify({ p }), '{"p":[[1,2],[3.5,null]]}');
  t.is(JSON.stringify(Tensor.from([1, -Infinity], [2, 1, 1], 'float64')), '[[[1]],[[null]]]');
  t.is(JSON.stringify(Tensor.from([1, 2], [2])), '[1,2]');
  t.is(JSON.stringify(Tensor.zeros([2, 0, 3])), '[[],[]]');
  t.is(JSON.stringify(Tensor.zeros([0, 3])), '[]');
  const images = Tensor.from([
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
    [
      [7, 8, 9],
      [0, 1, 2],
    ],
  ]);
  const again = Tensor.from(images.toJSON());
  t.deepEqual(again.shape, [2, 2, 3]);
  t.deepEqual(again.data, images.data);
});

test('moveTo › takes the values along, and refuses to move what is gone', (t) => {
  const tensor = Tensor.from([1, 2]);
  const place = { data: new Float32Array(2) };
  tensor.moveTo(place);
  t.deepEqual(place.data, Float32Array.of(1, 2));
  t.is(tensor.data, place.data);
  transferAway(place.data);
  t.throws(() => tensor.moveTo({ data: new Float32Array(2) }), badArgument(/its 2 numbers .* 'a detached buffer'/));
});

test('a detached buffer › what reads numbers says so', (t) => {
  for (const values of [Float32Array.of(1, 2), new Float32Array(0)]) {
    const tensor = Tensor.from(values);
    transferAway(values);
    t.is(tensor.data.length, 0);
    const gone = (name: string) =>
      badArgument(new RegExp(`^Expected a tensor with its memory for ${name} but received 'a detached buffer'$`));
    t.throws(() => tensor.clone(), gone('clone'));
    t.throws(() => tensor.clone('float64'), gone('clone'));
    t.throws(() => tensor.toArray(), gone('toArray'));
    t.throws(() => JSON.stringify({ tensor }), gone('toJSON'));
    t.throws(() => tensor.slice(0, 1), gone('slice'));
    t.throws(() => tensor.reshape([...tensor.shape]).slice(0), gone('slice'));
    t.throws(() => requireTensor('x', tensor), gone('x'));
    for (const dtype of [undefined, 'float64'] as const) {
      t.throws(
        () => Tensor.from(values, undefined, dtype),
        badArgument(/Expected an ArrayBuffer for values' memory but received 'a detached buffer'$/),
      );
    }
  }
});

test('sizeOf and arrayOf', (t) => {
  t.is(sizeOf([]), 1);
  t.is(sizeOf([3, 0]), 0);
  t.is(sizeOf([2, 3, 4]), 24);
  t.is(arrayOf('float64'), Float64Array);
});
