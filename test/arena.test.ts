import test from 'ava';
import { Arena } from '#blasnet/runtime/arena';
import { native } from '#blasnet/runtime/native';
import { badArgument } from './support/errors.js';

const addressOf = (data: Float32Array | Float64Array) =>
  native.misalignment(data.buffer as ArrayBuffer) + data.byteOffset;

for (const dtype of ['float32', 'float64'] as const) {
  test(`every tensor starts at a multiple of 64 bytes (${dtype})`, (t) => {
    for (let repeat = 0; repeat < 20; repeat++) {
      const arena = new Arena(dtype);
      const tensors = [[1], [3, 5], [0], [16, 2], [1, 1, 1], [100]].map((shape) => arena.tensor(shape));
      for (const { data, size } of tensors) {
        t.is(addressOf(data) % 64, 0);
        t.is(data.length, size);
        t.true(data.every((value) => value === 0));
      }
    }
  });
}

test('tensors share one buffer and do not overlap', (t) => {
  const arena = new Arena('float32');
  const [a, b] = [arena.tensor([17]), arena.tensor([3])];
  a.data.fill(1);
  b.data.fill(2);
  t.is(a.data.buffer, b.data.buffer);
  t.true(a.data.every((value) => value === 1));
  t.is(arena.bytes, 128 + 64);
});

test('whole › all tensors with zeros between them', (t) => {
  const arena = new Arena('float64');
  const [a, b] = [arena.tensor([2]), arena.tensor([1])];
  a.data.set([1, 2]);
  b.data[0] = 3;
  const whole = arena.whole();
  t.deepEqual(whole.shape, [1, 16]);
  t.deepEqual([...whole.data], [1, 2, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0]);
  whole.data[0] = 9;
  t.is(a.data[0], 9);
});

test('rewind › memory is used again, and the arena is as large as its largest use', (t) => {
  const arena = new Arena('float32');
  const first = arena.tensor([32]);
  arena.rewind();
  const second = arena.tensor([8]);
  t.is(arena.bytes, 128);
  second.data[0] = 5;
  t.is(first.data[0], 5);
});

test('nothing is handed out once the arena is laid out', (t) => {
  const arena = new Arena('float32');
  t.is(arena.tensor([1]).data[0], 0);
  t.throws(() => arena.tensor([1]), { message: 'the arena is laid out already' });
});

test('an empty arena', (t) => {
  t.is(new Arena('float32').whole().size, 0);
});

test('more than there is memory for is refused', (t) => {
  const arena = new Arena('float32');
  const tensor = arena.tensor([2 ** 48]); // 1 PiB, beyond what processors address
  t.throws(
    () => tensor.data,
    badArgument(/^Expected layers and batches that fit into memory but received .* \d+ bytes$/),
  );
});
