import test from 'ava';
import { Tensor } from 'blasnet';
import { writeInPlace } from '#blasnet/plan/passes/write-in-place';
import { Arena } from '#blasnet/runtime/arena';
import type { AnyTensor } from '#blasnet/tensor/tensor';
import { argumentsOf, recordedCall as call } from '../support/recorded-calls.js';

const tensorsOf = (workspace: Arena, count: number, shape: readonly number[] = [4, 8]) =>
  Array.from({ length: count }, () => workspace.tensor(shape));

/** Pairs of tensors, by their numbers: a result, and what it takes the memory of. */
function pairs(workspace: Arena, tensors: readonly AnyTensor[], { places }: ReturnType<typeof writeInPlace>) {
  const numberOf = (offset: number) => tensors.findIndex(({ extent }) => extent.begin === offset);
  return workspace.slices.flatMap((slice) => {
    const place = places.get(slice);
    return place ? [[numberOf(slice.offset), numberOf(place.offset)]] : [];
  });
}

const product = (x: AnyTensor, w: AnyTensor, y: AnyTensor) => call('fully_connected_forward', x, w, w, y);

test('a chain of element-wise results lies where its first operand is', (t) => {
  const workspace = new Arena('float32');
  const tensors = tensorsOf(workspace, 6);
  const [x, z, a, b, other, out] = tensors as [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];
  const calls = [
    product(x, x, z),
    call('relu_forward', z, a, 0),
    call('gelu_forward', a.reshape([32]), b, 0),
    product(x, x, other),
    call('add', b, other, out, 0),
  ];
  t.deepEqual(pairs(workspace, tensors, writeInPlace(workspace, calls, [])), [
    [2, 1],
    [3, 1],
    [5, 1],
  ]);
});

test('derivatives of relu, sigmoid and tanh read the result, so that it can take the place of their input', (t) => {
  for (const name of ['relu', 'sigmoid', 'tanh', 'gelu']) {
    const workspace = new Arena('float32');
    const tensors = tensorsOf(workspace, 6);
    const [x, z, a, dy, dx, last] = tensors as [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];
    const calls = [
      product(x, x, z),
      call(`${name}_forward`, z, a, 0),
      product(a, x, dy),
      call(`${name}_backward`, z, a, dy, dx, 0),
      product(dx, x, last),
    ];
    const found = writeInPlace(workspace, calls, []);
    const expected =
      name === 'gelu'
        ? [[4, 3]]
        : [
            [2, 1],
            [4, 3],
          ]; // prettier-ignore
    t.deepEqual(pairs(workspace, tensors, found), expected, name);
    t.is(argumentsOf(found.calls[3]!)[0], name === 'gelu' ? z : a, name);
  }
});

test('memory stays apart where anything else is in need of it', (t) => {
  const cases: Readonly<Record<string, (tensors: readonly Tensor[]) => ReturnType<typeof call>[]>> = {
    'the operand is read later': ([x, z, a, b]) => [
      product(x!, x!, z!),
      call('relu_forward', z!, a!, 0),
      product(z!, x!, b!),
    ],
    'the operand was there before the calls': ([x, , a]) => [call('relu_forward', x!, a!, 0)],
    'the operand is added to': ([x, z, a]) => [
      call('product_by_rows', x!, x!, z!, 0, 1),
      call('relu_forward', z!, a!, 0),
    ],
    'only a part of the operand is written': ([x, z, a]) => [
      product(x!, x!, Tensor.from(z!.data.subarray(0, 16), [2, 8])),
      call('relu_forward', z!, a!, 0),
    ],
    'the result is added to': ([x, z, b, a]) => [product(x!, x!, z!), product(x!, x!, b!), call('add', z!, b!, a!, 1)],
    'the result is of use before': ([x, z, a]) => [
      product(x!, x!, a!),
      product(a!, x!, z!),
      call('relu_forward', z!, a!, 0),
    ],
    'the result is no element-wise one': ([x, z, a]) => [product(x!, x!, z!), product(z!, x!, a!)],
  };
  for (const [name, record] of Object.entries(cases)) {
    const workspace = new Arena('float32');
    const found = writeInPlace(workspace, record(tensorsOf(workspace, 5)), []);
    t.is(found.places.size, 0, name);
  }
});

test('a sum takes no memory of an operand that it spreads, nor of one that is kept', (t) => {
  const workspace = new Arena('float32');
  const [x, one, row] = [workspace.tensor([4, 8]), workspace.tensor([1, 1]), workspace.tensor([1, 8])];
  const [sum, z, y] = tensorsOf(workspace, 3, [1, 8]);
  const calls = [
    product(x, x, one),
    product(x, x, row),
    call('add', one, row, sum!, 0),
    product(x, x, z!),
    call('relu_forward', z!, y!, 0),
  ];
  const found = writeInPlace(workspace, calls, [z!.extent]);
  t.deepEqual(
    [...found.places].map((pair) => pair.map(({ offset }) => offset)),
    [[sum!.extent.begin, row.extent.begin]],
  );
});
