// Metrics of one's own: composed of operations, registered, and refused where they give no number for each row.
import test from 'ava';
import { createMetric, Metric, type Ops, registerMetric, Tensor, type Value } from 'blasnet';
import { badArgument, shapeMismatch, untyped } from '../support/errors.js';

class Near extends Metric {
  readonly share: number;

  constructor(share: number) {
    super();
    this.share = share;
  }

  override call(ops: Ops, output: Value, target: Value): Value {
    const limit = ops.multiply(ops.abs(target), this.share);
    return ops.mean(ops.lessOrEqual(ops.abs(ops.subtract(output, target)), limit), -1);
  }

  override get config() {
    return { type: 'TestNear', share: this.share };
  }
}
registerMetric('TestNear', ({ share }) => new Near(share as number));

test('the mean of a number for each row', (t) => {
  const [a, y] = [
    Tensor.from([
      [10, 5],
      [20, 7],
    ]),
    Tensor.from([
      [10.5, 9],
      [30, 7],
    ]),
  ];
  t.is(new Near(0.1).evaluate(a, y), 0.5);
  t.is(new Near(0.1).evaluate(a, y.reshape([4, 1]).reshape([2, 2, 1])), 0.5);
  t.true(new Near(0.1).higherIsBetter);
});

test('a config makes the same metric again', (t) => {
  const made = createMetric({ type: 'TestNear', share: 0.2 });
  t.true(made instanceof Near);
  t.is(made.name, 'TestNear');
  t.is(JSON.stringify(made), '{"type":"TestNear","share":0.2}');
  t.is(createMetric(made), made);
  t.throws(
    () => createMetric({ type: 'TestNear', share: 0.2, shares: 1 }),
    badArgument(/^Expected only share for TestNear but received 'shares'; did you mean 'share'\?$/),
  );
});

test('registerMetric refuses names that are taken, and what is no creator', (t) => {
  const create = () => new Near(0.5);
  t.throws(() => registerMetric('f1', create), badArgument(/^Expected a name that is not registered yet for type/));
  t.throws(() => registerMetric('TestNear', create), badArgument(/^Expected a name that is not registered yet/));
  for (const bad of [undefined, null, '', 5])
    t.throws(() => registerMetric(untyped(bad), create), badArgument(/for type/));
  t.throws(() => registerMetric('TestOther', untyped(5)), badArgument(/^Expected a function for create/));
  registerMetric('TestNone', () => untyped({}));
  t.throws(() => createMetric({ type: 'TestNone' }), badArgument(/^Expected a Metric for the result of the creator/));
  registerMetric('TestWrong', create);
  t.throws(
    () => createMetric({ type: 'TestWrong' }),
    badArgument(/^Expected that type for the config of what was made/),
  );
});

test('what a class must have', (t) => {
  class Empty extends Metric {}
  const [a, y] = [Tensor.zeros([4, 2]), Tensor.zeros([4, 2])];
  t.throws(() => new Empty().evaluate(a, y), badArgument(/^Expected a class that defines call for metric 'Empty'/));
  t.throws(
    () => JSON.stringify(new Empty()),
    badArgument(/^Expected a class with a config that is known to registerMetric for the metric but received 'Empty'$/),
  );
  for (const [result, message] of [
    [
      (_: Ops, output: Value) => output,
      /^Expected a number for each row, of shape \[4\], for the result of the metric 'Own'/,
    ],
    [(ops: Ops, output: Value) => ops.mean(output), /but received shape \[\]$/],
    [() => 5, /but received 5$/],
  ] as [(ops: Ops, output: Value) => unknown, RegExp][]) {
    class Own extends Metric {
      override call(ops: Ops, output: Value): Value {
        return untyped(result(ops, output));
      }
    }
    t.throws(() => new Own().evaluate(a, y), shapeMismatch(message));
  }
});
