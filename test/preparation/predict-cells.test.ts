import test, { type ExecutionContext } from 'ava';
import { type ColumnEncoding, type NeuralNet, type RowCells, Tensor } from 'blasnet';
import { readCsv } from '../support/csv.js';
import { badArgument, untyped } from '../support/errors.js';
import { fittingNet } from '../support/nets.js';

const train = 'age,member,plan,paid,city,price\n17,True,a,1,Bonn,1\n30,False,b,0,Ulm,2\n?,True,a,1,Bonn,3\n';

/** A net with weights 1, 10, 100, …, so that its output shows its inputs as digits. */
async function digits(t: ExecutionContext): Promise<NeuralNet> {
  const reader = await readCsv(t, {
    train,
    label: 'price',
    columns: ['age', 'member', 'plan', 'paid', 'city'],
    categorical: { plan: 'oneHot', paid: 'oneHot', city: 'number' },
    missing: { age: 'mean' },
  });
  const net = fittingNet([7, 1], { dtype: 'float64' });
  const weights = [1, ...[2, 3, 4, 5, 6, 7].map((i) => 10 ** i)];
  net.getLayer('fc1').setWeights({ W: Tensor.from(weights, [7, 1], 'float64') });
  net.preparation = JSON.parse(JSON.stringify(reader.preparation));
  t.deepEqual(net.preparation!.featureNames, ['age', 'member', 'plan=a', 'plan=b', 'paid=0', 'paid=1', 'city']);
  return net;
}
const good = { age: 17, member: 1, plan: 'a', paid: 1, city: 'Bonn' } as const;
const answers = async (net: NeuralNet, rows: readonly RowCells[], options = {}) =>
  [...(await net.predict(rows, options)).outputs.data].map(Math.round);

test('booleans are numbers, or the names for them', async (t) => {
  const net = await digits(t);
  const [yes, no] = await answers(net, [good, { ...good, member: 0, paid: 0 }]);
  t.deepEqual([yes, no], [17 + 100 + 1000 + 1e6, 17 + 1000 + 1e5]);
  t.deepEqual(
    await answers(net, [
      { ...good, member: true, paid: true },
      { ...good, member: 'True', paid: '1' },
      { ...good, member: false, paid: false },
      { ...good, member: 'false', paid: 0 },
    ]),
    [yes, yes, no, no],
  );
  await t.throwsAsync(
    net.predict([{ ...good, plan: true }]),
    badArgument(/2 categories for row 0, column 'plan' but received true/),
  );
  t.deepEqual([...net.predictSync([{ ...good, member: true }]).outputs.data].map(Math.round), [yes]);
});

test('booleans of categories named true and false', async (t) => {
  for (const names of [
    ['False', 'True'],
    ['false', 'true'],
    ['FALSE', 'TRUE'],
    ['0', '1'],
  ]) {
    const column: ColumnEncoding = {
      name: 'a',
      encoding: 'number',
      categories: names,
      missingCells: [],
      missing: 'error',
    };
    const net = fittingNet([1, 1], { dtype: 'float64' });
    net.getLayer('fc1').setWeights({ W: Tensor.from([1], [1, 1], 'float64') });
    net.preparation = { inputShape: [1], columns: [column] };
    t.deepEqual(await answers(net, [{ a: true }, { a: false }]), [1, 0]);
  }
});

test('absent cells are missing cells', async (t) => {
  const net = await digits(t);
  const { age: _, ...ageless } = good;
  const [filled] = await answers(net, [{ ...good, age: 23.5 }]);
  t.deepEqual(
    await answers(net, [
      ageless,
      { ...good, age: null },
      { ...good, age: undefined },
      { ...good, age: '' },
      { ...good, age: Number.NaN },
    ]),
    new Array(5).fill(filled),
  );
  await t.throwsAsync(
    net.predict([good, { age: 3, member: 1, paid: null }]),
    badArgument(/^Expected cells for row 1, columns 'plan', 'paid', 'city' but received undefined$/),
  );
  await t.throwsAsync(
    net.predict([{ ...good, city: null }]),
    badArgument(/^Expected a cell for row 0, column 'city' but received null$/),
  );
  // A row of which nothing is known is a mistake, even where all of it could be filled.
  net.preparation = { inputShape: [7], columns: net.preparation!.columns!.slice(0, 1).concat(rest) };
  await t.throwsAsync(
    net.predict([{ Age: 3 }]),
    badArgument(/^Expected cells for row 0, columns 'age', 'c1', .* but received undefined$/),
  );
  t.deepEqual(await answers(net, [{ age: 3 }]), [3]);
});
const rest = Array.from(
  { length: 6 },
  (_, i): ColumnEncoding => ({ name: `c${i + 1}`, encoding: 'none', missingCells: [], missing: { fill: 0 } }),
);

test("unseen › 'zero' sets the columns of an unknown name to 0", async (t) => {
  const net = await digits(t);
  const row = { ...good, plan: 'z' };
  await t.throwsAsync(
    net.predict([row]),
    badArgument(
      /^Expected one of the training data's 2 categories for row 0, column 'plan' but received 'z'; unseen: 'zero' sets its columns to 0$/,
    ),
  );
  const [a, zero] = await answers(net, [good, row], { unseen: 'zero' });
  t.is(a! - zero!, 1000);
  t.is(Math.round(net.predictSync([row], { unseen: 'zero' }).outputs.data[0]!), zero!);
  // A number has no value that stands for none of the names.
  await t.throwsAsync(
    net.predict([{ ...good, city: 'Köln' }], { unseen: 'zero' }),
    badArgument(/2 categories for row 0, column 'city'/),
  );
  await t.throwsAsync(
    net.predict([good], { unseen: untyped('drop') }),
    badArgument(/'error' or 'zero' for unseen but received 'drop'/),
  );
  await t.throwsAsync(net.predict([good], untyped({ unseeen: 1 })), badArgument(/only unseen for options/));
  t.throws(() => net.predictSync([good], untyped(null)), badArgument(/an object for options/));
});

test('encodeRows › unseen', async (t) => {
  const reader = await readCsv(t, { train: 'c,y\nred,1\n', label: 'y', categorical: 'oneHot' });
  t.throws(
    () => reader.encodeRows([{ c: 'blue' }]),
    badArgument(/received 'blue'; unseen: 'zero' sets its columns to 0$/),
  );
  t.deepEqual(reader.encodeRows([{ c: 'blue' }], { unseen: 'zero' }).toArray(), [[0]]);
});
