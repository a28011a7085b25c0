// Losses of one's own: composed of operations, registered, and refused where they give no number for each row.
import test from 'ava';
import { createLoss, Loss, type Ops, registerLoss, Tensor, type Value } from 'blasnet';
import { badArgument, shapeMismatch, untyped } from '../support/errors.js';
import { checkClaims, randomTensor } from '../support/numerics.js';

class Pinball extends Loss {
  readonly quantile: number;

  constructor(quantile: number) {
    super();
    if (!(quantile > 0 && quantile < 1)) throw new RangeError('quantile');
    this.quantile = quantile;
  }

  override call(ops: Ops, output: Value, target: Value): Value {
    const e = ops.subtract(target, output);
    return ops.mean(ops.maximum(ops.multiply(e, this.quantile), ops.multiply(e, this.quantile - 1)), -1);
  }

  override get config() {
    return { type: 'TestPinball', quantile: this.quantile };
  }
}
registerLoss('TestPinball', ({ quantile }) => new Pinball(quantile as number));

test('values, and a gradient that follows by itself', (t) => {
  const loss = new Pinball(0.75);
  const [a, y] = [
    Tensor.from(
      [
        [1, 2],
        [3, 3],
      ],
      undefined,
      'float64',
    ),
    Tensor.from(
      [
        [2, 1],
        [3, 5],
      ],
      undefined,
      'float64',
    ),
  ];
  t.is(loss.evaluate(a, y), ((0.75 + 0.25) / 2 + (0 + 1.5) / 2) / 2);
  const [x, labels] = [randomTensor([9, 3], 1), randomTensor([9, 3], 2)];
  const gradient = loss.gradient(x, labels).data.slice();
  t.deepEqual(
    checkClaims(() => loss.evaluate(x, labels), [{ name: 'x', values: x.data, gradient }]),
    [],
  );
});

test('a loss may be made of built-in ones', (t) => {
  class Both extends Loss {
    override call(ops: Ops, output: Value, target: Value): Value {
      const [huber, cosine] = [createLoss('huber'), createLoss('cosineSimilarity')];
      return ops.add(huber.call(ops, output, target), ops.multiply(0.5, cosine.call(ops, output, target)));
    }
  }
  const [x, labels] = [randomTensor([9, 3], 1), randomTensor([9, 3], 2)];
  const sum = createLoss('huber').evaluate(x, labels) + createLoss('cosineSimilarity').evaluate(x, labels) / 2;
  t.true(Math.abs(new Both().evaluate(x, labels) - sum) < 1e-14);
  const gradient = new Both().gradient(x, labels).data.slice();
  t.deepEqual(
    checkClaims(() => new Both().evaluate(x, labels), [{ name: 'x', values: x.data, gradient }]),
    [],
  );
});

test('labels may have another width than outputs', (t) => {
  class FirstTwo extends Loss {
    override call(ops: Ops, output: Value, target: Value): Value {
      return ops.mean(ops.square(ops.subtract(ops.slice(output, null, { to: 2 }), target)), -1);
    }
  }
  t.is(new FirstTwo().evaluate(Tensor.from([[1, 2, 99]]), Tensor.from([[0, 0]])), 2.5);
});

test('a config makes the same loss again', (t) => {
  const made = createLoss({ type: 'TestPinball', quantile: 0.1 });
  t.true(made instanceof Pinball);
  t.deepEqual(made.config, { type: 'TestPinball', quantile: 0.1 });
  t.is(made.name, 'TestPinball');
  t.deepEqual(createLoss(untyped({ name: 'TestPinball', quantile: 0.2 })).config, {
    type: 'TestPinball',
    quantile: 0.2,
  });
  t.is(JSON.stringify(made), '{"type":"TestPinball","quantile":0.1}');
  t.throws(
    () => createLoss({ type: 'TestPinball', quantile: 0.1, quantil: 1 }),
    badArgument(/^Expected only quantile for TestPinball but received 'quantil'; did you mean 'quantile'\?$/),
  );
});

test('registerLoss refuses names that are taken, and what is no creator', (t) => {
  const create = () => new Pinball(0.5);
  t.throws(() => registerLoss('huber', create), badArgument(/^Expected a name that is not registered yet for type/));
  t.throws(() => registerLoss('TestPinball', create), badArgument(/^Expected a name that is not registered yet/));
  for (const bad of [undefined, null, '', 5])
    t.throws(() => registerLoss(untyped(bad), create), badArgument(/for type/));
  t.throws(() => registerLoss('TestOther', untyped(5)), badArgument(/^Expected a function for create but received 5/));
  registerLoss('TestNone', () => untyped({}));
  t.throws(
    () => createLoss({ type: 'TestNone' }),
    badArgument(/^Expected a Loss for the result of the creator of TestNone/),
  );
  registerLoss('TestWrong', create);
  t.throws(() => createLoss({ type: 'TestWrong' }), badArgument(/^Expected that type for the config of what was made/));
});

test('a class without a config cannot be written', (t) => {
  class Plain extends Loss {
    override call(ops: Ops, output: Value, target: Value): Value {
      return ops.mean(ops.subtract(output, target), -1);
    }
  }
  t.is(new Plain().name, 'Plain');
  t.throws(
    () => JSON.stringify(new Plain()),
    badArgument(/^Expected a class with a config that is known to registerLoss for the loss but received 'Plain'$/),
  );
});

test('what is no number for each row is refused', (t) => {
  const [a, y] = [Tensor.zeros([4, 2]), Tensor.zeros([4, 2])];
  const results: readonly [(ops: Ops, output: Value) => unknown, RegExp][] = [
    [(_, output) => output, /^Expected a number for each row, of shape \[4\], for the result of the loss 'Own' but/],
    [(ops, output) => ops.mean(output), /but received shape \[\]$/],
    [(ops, output) => ops.sum(output, 0), /but received shape \[2\]$/],
    [() => 5, /but received 5$/],
    [() => undefined, /but received undefined$/],
  ];
  for (const [result, message] of results) {
    class Own extends Loss {
      override call(ops: Ops, output: Value): Value {
        return untyped(result(ops, output));
      }
    }
    t.throws(() => new Own().evaluate(a, y), shapeMismatch(message));
  }
  class Kept extends Loss {
    override call(ops: Ops, output: Value): Value {
      return ops.sum(output, -1, { keepDims: true });
    }
  }
  t.is(new Kept().evaluate(a, y), 0);
});

test('built-in losses want the operations that call receives', (t) => {
  t.throws(() => createLoss('huber').call(untyped({}), untyped(undefined), untyped(undefined)));
});
