// Every built-in loss: values and gradients against PyTorch's, from logits and from probabilities; and what labels and
// options it takes.
import test from 'ava';
import {
  createLoss,
  type DType,
  Loss,
  type LossConfig,
  type LossOptions,
  lossNames,
  type Ops,
  Tensor,
  type Value,
} from 'blasnet';
import { lossPass } from '#blasnet/losses/loss-pass';
import { opsOn } from '#blasnet/ops/ops';
import { Tape } from '#blasnet/ops/tape';
import { Value as OpsValue } from '#blasnet/ops/value';
import { EagerRunner, type Runner } from '#blasnet/runtime/runner';
import { RuntimeScalars } from '#blasnet/runtime/runtime-scalars';
import { badArgument, shapeMismatch, untyped } from '../support/errors.js';
import {
  checkClaims,
  differences,
  type Numbers,
  oneHot,
  randomTensor,
  readReference,
  tensorOf,
  uniforms,
} from '../support/numerics.js';

interface Case {
  readonly options: { readonly name: string; readonly [option: string]: unknown };
  /** What turns x to the output. */
  readonly kind: 'softmax' | 'sigmoid' | null;
  readonly x: Numbers;
  readonly y: Numbers;
  readonly rows: Numbers;
  readonly mean: number;
  readonly dx: Numbers;
}

const cases = await readReference<Case[]>('losses');

/** The loss on a tape: rows of it, the mean, and the gradient by x. */
function run(loss: Loss, kind: Case['kind'], x: Tensor, y: Tensor, runner: Runner = new EagerRunner(x.dtype)) {
  const tape = new Tape(runner);
  const ops = opsOn(tape);
  const input = new OpsValue(x);
  const output = kind === null ? input : ops[kind](input);
  const scalars = new RuntimeScalars();
  const seeds = lossPass(loss, tape, output, y, scalars);
  const rows = loss.call(ops, output, new OpsValue(y));
  const [dx] = tape.backward(seeds(), [{ value: input }]);
  return { rows: rows.tensor, mean: scalars.get('batchLoss'), dx: dx! };
}

const labelOf = ({ options, kind, x }: Case) => `${JSON.stringify(options)}, ${kind}, [${x.shape}]`;

test('every loss has cases', (t) => {
  t.deepEqual([...new Set(cases.map(({ options }) => options.name))].sort(), [...lossNames].sort());
});

for (const [dtype, tolerance] of [
  ['float64', { rtol: 1e-11, atol: 1e-12 }],
  ['float32', { rtol: 4e-6, atol: 2e-6 }],
] as const) {
  test(`values and gradients are those of PyTorch, ${dtype}`, (t) => {
    for (const one of cases) {
      const [x, y] = [tensorOf(one.x, dtype), tensorOf(one.y, dtype)];
      const { rows, mean, dx } = run(createLoss(untyped(one.options)), one.kind, x, y);
      t.deepEqual(rows.shape, one.rows.shape, labelOf(one));
      const found = [
        ...differences(rows.data, one.rows.data, tolerance, 'rows'),
        ...differences([mean], [one.mean], tolerance, 'mean'),
        ...differences(dx.data, one.dx.data, tolerance, 'gradient'),
      ];
      t.deepEqual(found, [], labelOf(one));
    }
  });
}

test('gradients are those of central differences', (t) => {
  for (const one of cases) {
    const [x, y] = [tensorOf(one.x), tensorOf(one.y)];
    const loss = createLoss(untyped(one.options));
    const gradient = run(loss, one.kind, x, y).dx.data.slice();
    const claim = { name: labelOf(one), values: x.data, gradient };
    t.deepEqual(
      checkClaims(() => run(loss, one.kind, x, y).mean, [claim]),
      [],
    );
  }
});

test('evaluate and gradient work on tensors', (t) => {
  const [a, y] = [Tensor.from([[1], [5]]), Tensor.from([[0], [0]])];
  const huber = createLoss({ name: 'huber', delta: 2 });
  t.is(huber.evaluate(a, y), 4.25);
  t.deepEqual(huber.gradient(a, y).toArray(), [[0.5], [1]]);
  // Labels of another shape, as many numbers.
  t.is(huber.evaluate(a, Tensor.from([0, 0], [2])), 4.25);
  t.is(huber.evaluate(Tensor.from([1, 5], [2]), y), 4.25);
});

test('from probabilities, the logarithm is that of 1e-7 at least', (t) => {
  const at = (name: 'binaryCrossEntropy' | 'crossEntropy', a: number[], y: number[]) =>
    createLoss(name).evaluate(Tensor.from([a], undefined, 'float64'), Tensor.from([y], undefined, 'float64'));
  const most = -Math.log(1e-7);
  t.deepEqual(differences([at('binaryCrossEntropy', [0], [1])], [most], { rtol: 1e-6 }), []);
  t.deepEqual(differences([at('binaryCrossEntropy', [1], [0])], [most], { rtol: 1e-6 }), []);
  t.deepEqual(differences([at('crossEntropy', [0, 1], [1, 0])], [most], { rtol: 1e-12 }), []);
  const sparse = createLoss('sparseCrossEntropy').evaluate(Tensor.from([[0, 1]]), Tensor.from([[0]]));
  t.deepEqual(differences([sparse], [most], { rtol: 1e-6 }), []);
  t.is(createLoss('poisson').evaluate(Tensor.from([[-1]]), Tensor.from([[0]])), -1);
});

test('from logits, losses are finite at ±1000', (t) => {
  const at = (name: LossOptions, kind: 'softmax' | 'sigmoid', z: number[], y: number[]) =>
    run(createLoss(name), kind, Tensor.from([z], undefined, 'float64'), Tensor.from([y], undefined, 'float64')).mean;
  t.is(at('binaryCrossEntropy', 'sigmoid', [1000], [0]), 1000);
  t.is(at({ name: 'binaryCrossEntropy', labelSmoothing: 0.5 }, 'sigmoid', [1000], [0]), 750);
  t.is(at('crossEntropy', 'softmax', [1000, -1000], [0, 1]), 2000);
  t.is(at({ name: 'crossEntropy', labelSmoothing: 0.5 }, 'softmax', [1000, -1000], [1, 0]), 500);
  t.is(at('sparseCrossEntropy', 'softmax', [1000, -1000], [1]), 2000);
  t.is(at('klDivergence', 'softmax', [1000, -1000], [0, 1]), 2000);
  t.is(at('focal', 'sigmoid', [-1000], [1]), 250);
  t.is(at('focal', 'softmax', [1000, -1000], [0, 1]), 500);
});

test('sparseCrossEntropy computes what crossEntropy does on one-hot labels', (t) => {
  const z = randomTensor([40, 7], 1, -3, 3).clone('float32');
  const classes = [...uniforms(40, 2, 0, 7)].map(Math.floor);
  const hot = run(createLoss({ name: 'crossEntropy' }), 'softmax', z, oneHot(classes, 7).clone('float32'));
  const numbers = run(createLoss('sparseCrossEntropy'), 'softmax', z, Tensor.from(classes.map((c) => [c])));
  t.deepEqual(differences([numbers.mean], [hot.mean], { rtol: 1e-6 }), []);
  t.deepEqual(differences(numbers.dx.data, hot.dx.data, { rtol: 1e-6, atol: 1e-8 }), []);
});

test('the kernels of the three losses that are fused compute what their rows do', (t) => {
  for (const [name, kind] of [
    ['meanSquaredError', null],
    ['binaryCrossEntropy', 'sigmoid'],
    ['crossEntropy', 'softmax'],
  ] as const) {
    const x = randomTensor([33, 5], 1, -3, 3);
    const y =
      kind === 'softmax' ? oneHot([...uniforms(33, 2, 0, 5)].map(Math.floor), 5) : randomTensor([33, 5], 3, 0, 1);
    const fused = run(createLoss(name), kind, x, y);
    class Plain extends Loss {
      override call(ops: Ops, output: Value, target: Value): Value {
        return createLoss(name).call(ops, output, target);
      }
    }
    const plain = run(new Plain(), kind, x, y);
    t.deepEqual(differences([fused.mean], [plain.mean], { rtol: 1e-13 }), [], name);
    t.deepEqual(differences(fused.dx.data, plain.dx.data, { rtol: 1e-10, atol: 1e-15 }), [], name);
  }
});

const refused: readonly [LossOptions, number[][], number[][], RegExp][] = [
  [
    'binaryCrossEntropy',
    [[0.5]],
    [[2]],
    /^Expected numbers from 0 to 1 for the label in row 0 of labels but received 2/,
  ],
  ['crossEntropy', [[0.5, 0.5]], [[1, 1]], /^Expected numbers that sum to 1 for the label in row 0 of labels but/],
  ['klDivergence', [[0.5, 0.5]], [[-1, 2]], /^Expected numbers from 0 to 1 for the label in row 0/],
  [
    'sparseCrossEntropy',
    [
      [0.5, 0.5],
      [0.5, 0.5],
    ],
    [[1], [2]],
    /^Expected whole numbers from 0 to 1 for the label in row 1/,
  ],
  ['sparseCrossEntropy', [[0.5, 0.5]], [[0.5]], /^Expected whole numbers from 0 to 1/],
  ['sparseCrossEntropy', [[0.5, 0.5]], [[-1]], /^Expected whole numbers from 0 to 1/],
  ['hinge', [[0.5]], [[2]], /^Expected -1 or 1, or 0 and 1 for the label in row 0/],
  ['poisson', [[0.5], [1]], [[1], [-2]], /^Expected numbers ≥ 0 for the label in row 1/],
  ['focal', [[0.5]], [[2]], /^Expected numbers from 0 to 1/],
  ['focal', [[0.5, 0.5]], [[1, 1]], /^Expected numbers that sum to 1/],
];
test('labels that a loss cannot have are refused', (t) => {
  for (const [name, a, y, message] of refused) {
    t.throws(() => createLoss(name).evaluate(Tensor.from(a), Tensor.from(y)), badArgument(message), String(name));
  }
});

test('labels of another shape are refused', (t) => {
  const a = Tensor.from([
    [0.5, 0.5],
    [0.5, 0.5],
  ]);
  for (const name of lossNames) {
    const loss = createLoss(name);
    for (const y of [Tensor.zeros([2, 3]), Tensor.zeros([3, 2]), Tensor.zeros([1, 4])]) {
      if (name === 'crossEntropy' || name === 'klDivergence' || name === 'focal') y.data.fill(1 / 2);
      const error = t.throws(() => loss.evaluate(a, y), undefined, `${name}, [${y.shape}]`);
      t.true(['ERR_SHAPE_MISMATCH', 'ERR_BAD_ARGUMENT'].includes((error as { code?: string }).code!));
    }
  }
  t.throws(
    () => createLoss('huber').evaluate(a, Tensor.zeros([2, 3])),
    shapeMismatch(/for labels but received \[2, 3\]/),
  );
  t.throws(
    () => createLoss('sparseCrossEntropy').evaluate(a, Tensor.zeros([2, 2])),
    shapeMismatch(/number of a class/),
  );
});

test('arguments of evaluate and gradient', (t) => {
  const loss = createLoss('huber');
  const a = Tensor.from([[1]]);
  for (const method of ['evaluate', 'gradient'] as const) {
    for (const bad of [undefined, null, 5, [[1]], {}]) {
      t.throws(() => loss[method](untyped(bad), a), badArgument(/for outputs/));
      t.throws(() => loss[method](a, untyped(bad)), badArgument(/for labels/));
    }
    t.throws(() => loss[method](a, a.clone('float64')), badArgument(/a float32 tensor for labels/));
  }
});

test('names and options of createLoss', (t) => {
  for (const name of lossNames) {
    const { config } = createLoss(name);
    t.is(config?.type, name);
    t.deepEqual(createLoss(config!).config, config);
    t.deepEqual(createLoss(untyped({ name })).config, config);
    t.is(createLoss(name).name, name);
    t.deepEqual(JSON.parse(JSON.stringify(createLoss(name))), config);
  }
  t.deepEqual(createLoss({ name: 'huber', delta: 2 }).config, { type: 'huber', delta: 2 });
  t.deepEqual(createLoss({ name: 'focal', gamma: 0 }).config, { type: 'focal', gamma: 0, alpha: 0.25 });
  t.deepEqual(createLoss({ name: 'huber', delta: undefined }).config, { type: 'huber', delta: 1 });
  const own = createLoss('huber');
  t.is(createLoss(own), own);
});

for (const [options, message] of [
  ['hubert', /^Expected one of .*huber.* for loss but received 'hubert'; did you mean 'huber'\?$/],
  ['mse', /did you mean 'meanSquaredError'/],
  ['binary_crossentropy', /did you mean 'binaryCrossEntropy'/],
  ['categoricalCrossentropy', /did you mean 'crossEntropy'/],
  ['toString', /^Expected one of .* for loss but received 'toString'/],
  [undefined, /^Expected one of .* for loss but received undefined/],
  [null, /^Expected one of .* for loss but received null/],
  [5, /^Expected one of .* for loss but received 5/],
  [['huber'], /^Expected one of .* for loss/],
  [{}, /^Expected one of .* for loss but received undefined/],
  [{ name: 'huber', type: 'hinge' }, /^Expected a name or a type, not both, for loss/],
  [{ name: 'huber', delta: 0 }, /^Expected a finite number above 0 for huber's delta but received 0/],
  [{ name: 'huber', delta: '2' }, /^Expected a finite number above 0 for huber's delta but received '2'/],
  [{ name: 'huber', dleta: 1 }, /^Expected delta for huber but received 'dleta'; did you mean 'delta'\?$/],
  [{ name: 'hinge', delta: 1 }, /^Expected no constants for hinge but received 'delta'/],
  [
    { name: 'crossEntropy', labelSmoothing: 1 },
    /^Expected a number from 0 to below 1 for crossEntropy's labelSmoothing/,
  ],
  [{ name: 'focal', gamma: -1 }, /^Expected a finite number ≥ 0 for focal's gamma/],
  [{ name: 'focal', alpha: 1.5 }, /^Expected a number above 0 and at most 1 for focal's alpha/],
] as [unknown, RegExp][]) {
  test(`createLoss refuses ${JSON.stringify(options)}`, (t) => {
    t.throws(() => createLoss(untyped(options)), badArgument(message));
  });
}

test('float32 rows keep what float64 ones are, over many outputs', (t) => {
  const dtypes: readonly DType[] = ['float64', 'float32'];
  const [a, y] = [randomTensor([3, 5000], 1).clone('float32'), randomTensor([3, 5000], 2).clone('float32')];
  for (const name of ['meanAbsoluteError', 'huber', 'logCosh'] as const) {
    const [exact, short] = dtypes.map((dtype) => createLoss(name).evaluate(a.clone(dtype), y.clone(dtype)));
    t.deepEqual(differences([short!], [exact!], { rtol: 3e-7 }), [], name);
  }
});

test('the config type has its fields', (t) => {
  const config: LossConfig = createLoss('focal').config!;
  t.deepEqual(config, { type: 'focal', gamma: 2, alpha: 0.25 });
});
