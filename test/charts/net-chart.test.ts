import test from 'ava';
import { HyperParameters, input, Layer, NeuralNet, type Ops, type Value } from 'blasnet';
import { netChart, renderSvg } from 'blasnet/charts';
import { badArgument, untyped } from '../support/errors.js';
import { textsOf } from '../support/svg.js';

class Sum extends Layer {
  override readonly kind = 'sum';
  override get inputCount(): number {
    return 2;
  }
  override call(ops: Ops, [a, b]: readonly Value[]): Value {
    return ops.add(a!, b!);
  }
}

function net(): NeuralNet {
  const [a, b] = [input([3], { name: 'a' }), input([3], { name: 'b' })];
  const first = new Sum().apply([a, b], 'first');
  const outputs = [new Sum().apply([first, a], 'second')];
  return NeuralNet.fromGraph({ inputs: [a, b], outputs }, new HyperParameters({ netType: 'fitting' }), 'net');
}

test('a box for each node, and an arrow for each connection', async (t) => {
  const spec = await netChart(net(), { title: 'Two sums' });
  const svg = await renderSvg(spec);
  for (const text of ['Two sums', 'a', 'b', 'input', 'first', 'second', 'sum', '3'])
    t.true(textsOf(svg).includes(text), text);
  const [lines, heads, boxes] = (spec as { layer: { data: { values: Record<string, number>[] } }[] }).layer;
  t.is(boxes!.data.values.length, 4);
  t.is(heads!.data.values.length, 4);
  t.is(new Set(lines!.data.values.map(({ edge }) => edge)).size, 4);
});

test('data flows down or to the right, and boxes do not overlap', async (t) => {
  for (const direction of ['down', 'right'] as const) {
    const spec = await netChart(net(), { direction });
    const { values } = (spec as { layer: { data: { values: Record<string, number>[] } }[] }).layer[2]!.data;
    const [a, , first, second] = values;
    const [begin, end] = direction === 'down' ? ['top', 'bottom'] : ['left', 'right'];
    t.true(a![end!]! < first![begin!]! && first![end!]! < second![begin!]!, direction);
    const overlaps = values.flatMap((one, i) =>
      values
        .slice(i + 1)
        .filter(
          (other) =>
            one.left! < other.right! &&
            other.left! < one.right! &&
            one.top! < other.bottom! &&
            other.top! < one.bottom!,
        ),
    );
    t.deepEqual(overlaps, []);
  }
});

test('what has no nodes is refused, and names that are not there', async (t) => {
  for (const other of [undefined, null, {}, { nodes: [] }]) {
    await t.throwsAsync(netChart(untyped(other)), badArgument(/a net with at least one layer/));
  }
  const nodes = [{ name: 'x', kind: 'input', inputs: ['y'] }];
  await t.throwsAsync(netChart({ nodes }), badArgument(/names of nodes for the inputs of 'x' but received 'y'/));
});
