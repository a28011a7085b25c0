import { inspect } from 'node:util';
import test from 'ava';
import { Tensor } from 'blasnet';
import { Arena } from '#blasnet/runtime/arena';
import { transferAway } from './support/memory.js';

test('inspect › a tensor shows shape, dtype and numbers', (t) => {
  const x = Tensor.from([
    [1.5, 2],
    [Number.NaN, -Infinity],
  ]);
  t.is(inspect(x), 'Tensor(2×2, float32) [[1.5, 2], [NaN, -Infinity]]');
  t.is(inspect({ p: Tensor.from([0.1], [1], 'float64') }), '{ p: Tensor(1, float64) [0.1] }');
  t.is(inspect(Tensor.from([1, 2, 3, 4], [2, 1, 2])), 'Tensor(2×1×2, float32) [[[1, 2]], [[3, 4]]]');
});

test('inspect › float32 in as many digits as it takes to tell it from others', (t) => {
  const numbers = [0.1, -1 / 3, 16777216, 3.4028235e38, 1e-7, 2 ** -149, 1.0000001, 0.30000001];
  const text = inspect(Tensor.from(numbers));
  t.is(text, 'Tensor(1×8, float32) [[0.1, -0.33333334, 16777216, 3.4028235e+38, 1e-7, 1.401298e-45, 1.0000001, 0.3]]');
  t.deepEqual(Float32Array.from(text.slice(23, -2).split(', ').map(Number)), Float32Array.from(numbers));
  t.is(inspect(Tensor.from([1 / 3], [1], 'float64')), 'Tensor(1, float64) [0.3333333333333333]');
});

test('inspect › a scalar, and tensors without numbers', (t) => {
  t.is(inspect(Tensor.zeros([])), 'Tensor(scalar, float32) 0');
  t.is(inspect(Tensor.zeros([0])), 'Tensor(0, float32) []');
  t.is(inspect(Tensor.zeros([2, 0])), 'Tensor(2×0, float32) [[], []]');
});

test('inspect › a large tensor is clipped', (t) => {
  const row = '[0, 0, 0, 0, 0, 0, … 14 more]';
  t.is(inspect(Tensor.zeros([100])), `Tensor(100, float32) [${Array(100).fill('0').join(', ')}]`);
  t.is(inspect(Tensor.zeros([101])), 'Tensor(101, float32) [0, 0, 0, 0, 0, 0, … 95 more]');
  t.is(inspect(Tensor.zeros([9, 20])), `Tensor(9×20, float32) [${Array(6).fill(row).join(', ')}, … 3 more]`);
  // Many dimensions show no more numbers in all, and numbers from their own places.
  const images = Tensor.from(
    Float32Array.from({ length: 8 ** 4 }, (_, i) => i + 1),
    [8, 8, 8, 8],
  );
  const shown = inspect(images).match(/(?<=[[ ])\d+(?=[,\]])/g)!;
  t.is(shown.length, 100);
  t.deepEqual(shown.slice(5, 7), ['6', '9']);
  t.deepEqual(shown.slice(35, 37), ['46', '65']);
  for (const shape of [Array(12).fill(9).concat(0), [2 ** 40, 0]]) t.true(inspect(Tensor.zeros(shape)).length < 2000);
});

test('inspect › deep within objects the numbers are left out', (t) => {
  const x = Tensor.from([1, 2]);
  t.is(inspect({ x }, { depth: 1 }), '{ x: Tensor(1×2, float32) [[1, 2]] }');
  t.is(inspect({ x }, { depth: 0 }), '{ x: Tensor(1×2, float32) }');
});

test('inspect › memory that was transferred away', (t) => {
  const x = Tensor.from(Float32Array.of(1, 2));
  transferAway(x.data);
  t.is(inspect(x), 'Tensor(1×2, float32) with a detached buffer');
});

test('inspect › gives no memory to an arena, which may still hand out tensors', (t) => {
  const arena = new Arena('float32');
  const x = arena.tensor([2]);
  t.is(inspect(x), 'Tensor(2, float32)');
  const y = arena.tensor([1]);
  x.data[1] = 3;
  t.is(inspect(x), 'Tensor(2, float32) [0, 3]');
  t.is(inspect(y), 'Tensor(1, float32) [0]');
});
