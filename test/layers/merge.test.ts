import test from 'ava';
import {
  AddLayer,
  AverageLayer,
  ConcatenateLayer,
  type ConcatenateOptions,
  createLayer,
  type Layer,
  MaximumLayer,
  MultiplyLayer,
  SubtractLayer,
  Tensor,
} from 'blasnet';
import { badArgument, shapeMismatch } from '../support/errors.js';
import { checkClaims, randomTensor, sumOf } from '../support/numerics.js';
import { gradientsOf } from '../support/several-inputs.js';

const a = Tensor.from([[1, 5, -2]]);
const b = Tensor.from([[4, 2, -3]]);
const c = Tensor.from([[0, 9, 1]]);

/** Layers that take two inputs, and what they make of a and b, or of all three. */
const merges: readonly (readonly [make: () => Layer, two: number[], three?: number[]])[] = [
  [() => new AddLayer(), [5, 7, -5], [5, 16, -4]],
  [() => new SubtractLayer(), [-3, 3, 1]],
  [() => new MultiplyLayer(), [4, 10, 6], [0, 90, 6]],
  [() => new AverageLayer(), [2.5, 3.5, -2.5], [5 / 3, 16 / 3, -4 / 3]],
  [() => new MaximumLayer(), [4, 5, -2], [4, 9, 1]],
];

test('several inputs, number by number', (t) => {
  for (const [make, two, three] of merges) {
    const layer = make();
    t.deepEqual(layer.outputShape([3], [3]), [3]);
    t.deepEqual([...layer.forward([a, b].map((x) => x.clone('float64'))).data], two, layer.kind);
    if (three) t.deepEqual([...layer.forward([a, b, c].map((x) => x.clone('float64'))).data], three, layer.kind);
  }
});

test('gradients agree with differences, for every input', (t) => {
  const shapes = [
    [3, 2, 4],
    [3, 2, 4],
    [3, 2, 1],
  ];
  for (const [make, , three] of merges) {
    const inputs = shapes.slice(0, three ? 3 : 2).map((shape, i) => randomTensor(shape, i + 1));
    t.deepEqual(checkGradients(make(), inputs), [], make().kind);
  }
  const images = [
    [2, 3, 4, 5],
    [2, 1, 4, 5],
  ].map((shape, i) => randomTensor(shape, i + 1));
  t.deepEqual(checkGradients(new ConcatenateLayer({ axis: 0 }), images), []);
});

/** Compares the gradients by all inputs with central differences. */
function checkGradients(layer: Layer, inputs: readonly Tensor[]): string[] {
  const y = layer.forward(inputs);
  const delta = randomTensor(y.shape, 9);
  const claims = gradientsOf(layer, inputs, delta).map(({ data }, i) => ({
    name: `input ${i}`,
    values: inputs[i]!.data,
    gradient: data.slice(),
  }));
  return checkClaims(() => sumOf(layer.forward(inputs).data, (value, i) => value * delta.data[i]!), claims);
}

test('dimensions of length 1 repeat', (t) => {
  const scale = Tensor.from([10, 100], [1, 2, 1, 1]);
  const images = Tensor.from([1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 2, 2]);
  const layer = new MultiplyLayer();
  t.deepEqual(layer.outputShape([2, 2, 2], [2, 1, 1]), [2, 2, 2]);
  t.deepEqual([...layer.forward([images, scale]).data], [10, 20, 30, 40, 500, 600, 700, 800]);
});

test('inputs that do not fit are refused', (t) => {
  const refused: readonly (readonly [() => Layer, readonly (readonly number[])[], RegExp])[] = [
    [() => new AddLayer(), [[3], [4]], /rows of one shape.*\[3\] and \[4\]$/],
    [() => new MaximumLayer(), [[3], [2, 3]], /rows of one shape.*\[3\] and \[2, 3\]$/],
    [
      () => new ConcatenateLayer(),
      [
        [2, 3],
        [4, 3],
      ],
      /rows that differ in dimension 1 only.*\[2, 3\] and \[4, 3\]$/,
    ],
    [() => new ConcatenateLayer({ axis: 1 }), [[2], [4]], /rows with a dimension 1.*\[2\] and \[4\]$/],
    [() => new ConcatenateLayer({ axis: -2 }), [[2], [4]], /rows with a dimension -2/],
  ];
  for (const [make, rows, message] of refused) t.throws(() => make().outputShape(...rows), shapeMismatch(message));
  t.throws(
    () => new ConcatenateLayer({ axis: 0.5 }),
    badArgument(/^Expected a whole number for axis but received 0.5$/),
  );
  t.throws(() => new ConcatenateLayer({ axes: 0 } as ConcatenateOptions), badArgument(/only axis for options.*axes/));
});

test('concatenate puts rows behind each other along a dimension of the row', (t) => {
  t.deepEqual(
    new ConcatenateLayer()
      .forward([
        Tensor.from([
          [1, 2],
          [3, 4],
        ]),
        Tensor.from([[5], [6]]),
      ])
      .toArray(),
    [
      [1, 2, 5],
      [3, 4, 6],
    ],
  );
  const [left, right] = [Tensor.from([1, 2, 3, 4], [1, 1, 2, 2]), Tensor.from([5, 6, 7, 8], [1, 1, 2, 2])];
  const along = (axis: number) => {
    const { shape, data } = new ConcatenateLayer({ axis }).forward([left, right]);
    return [shape, [...data]];
  };
  t.deepEqual(along(0), [
    [1, 2, 2, 2],
    [1, 2, 3, 4, 5, 6, 7, 8],
  ]);
  t.deepEqual(along(1), [
    [1, 1, 4, 2],
    [1, 2, 3, 4, 5, 6, 7, 8],
  ]);
  t.deepEqual(along(2), [
    [1, 1, 2, 4],
    [1, 2, 5, 6, 3, 4, 7, 8],
  ]);
  t.deepEqual(along(-1), along(2));
});

test('configs make the same layers', (t) => {
  for (const layer of [...merges.map(([make]) => make()), new ConcatenateLayer({ axis: 1 })]) {
    const made = createLayer(layer.config!);
    t.is(made.constructor, layer.constructor);
    t.deepEqual(made.config, layer.config);
  }
});
