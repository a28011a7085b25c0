import test from 'ava';
import { HyperParameters, NeuralNet, type Preparation } from 'blasnet';
import { badArgument, untyped } from '../support/errors.js';

const netWith = (preparation: unknown) => {
  const net = new NeuralNet(new HyperParameters({ netType: 'fitting' }), 'net');
  net.preparation = untyped(preparation);
  return net.preparation;
};

const column = { name: 'a', encoding: 'none', missingCells: ['?'], missing: { fill: 3 } } as const;
const oneHot = {
  name: 'b',
  encoding: 'oneHot',
  categories: ['u', 'v'],
  unknown: 'zeros',
  missingCells: [],
  missing: 'unknown',
} as const;

const full: Preparation = {
  inputShape: [1, 3, 1],
  image: [1, 3, 1],
  x: { per: 'column', divisor: 255, offset: [1, 2, 3], scale: [1, 0, 0.5] },
  y: { offset: [1], scale: [2] },
  classes: ['no', 'yes'],
  featureNames: ['a', 'b=u', 'b=v'],
  columns: [column, oneHot],
};

test('a whole one goes through JSON and back', (t) => {
  const checked = netWith(JSON.parse(JSON.stringify(full)))!;
  t.deepEqual(checked, full);
  t.true([checked, checked.x, checked.x!.scale, checked.columns, checked.columns![0]].every(Object.isFrozen));
  t.is(netWith(undefined), undefined);
  t.deepEqual(netWith({ inputShape: [3] }), { inputShape: [3] });
});

const wrong: readonly (readonly [unknown, RegExp])[] = [
  [null, /for preparation but received null/],
  ['x', /for preparation but/],
  [[], /for preparation but/],
  [{}, /whole numbers above 0 .* for preparation.inputShape/],
  [{ inputShape: [0] }, /preparation.inputShape/],
  [{ inputShape: [1.5] }, /preparation.inputShape/],
  [{ inputShape: [2 ** 20, 2 ** 20] }, /a product of at most 2147483647 for preparation.inputShape/],
  [{ inputShape: [3], colour: 1 }, /only inputShape, .* for preparation but received 'colour'/],
  [{ ...full, image: [3, 1] }, /preparation.image/],
  [{ ...full, image: [1, 1, 4] }, /a shape of 3 lengths and 3 numbers for preparation.image/],
  [{ ...full, x: 3 }, /for preparation.x but/],
  [{ ...full, x: { ...full.x, extra: 1 } }, /only per, divisor, offset, scale for preparation.x/],
  [{ ...full, x: { ...full.x, per: 'row' } }, /'column' or 'channel' for preparation.x.per but received 'row'/],
  [{ ...full, x: { ...full.x, divisor: 0 } }, /preparation.x.divisor but received 0/],
  [{ ...full, x: { ...full.x, divisor: '1' } }, /preparation.x.divisor/],
  [{ ...full, x: { ...full.x, offset: [1, 2, null] } }, /a list of finite numbers for preparation.x.offset/],
  [
    { ...full, x: { ...full.x, scale: [1] } },
    /as many numbers as x.offset, 3 for preparation.x.scale but received '1'/,
  ],
  [{ ...full, x: { per: 'column', divisor: 1, offset: [1], scale: [1] } }, /3 numbers for preparation.x.offset/],
  [{ ...full, x: { per: 'channel', divisor: 1, offset: [1, 1], scale: [1, 1] } }, /a divisor of 3 numbers/],
  [{ ...full, y: { offset: [], scale: [] } }, /preparation.y.offset/],
  [{ ...full, y: { offset: [1], scale: [1, 2] } }, /preparation.y.scale/],
  [{ ...full, y: { offset: [1] } }, /preparation.y.scale/],
  [{ ...full, classes: [] }, /at least one name for preparation.classes/],
  [{ ...full, classes: [1] }, /a list of strings for preparation.classes/],
  [{ ...full, featureNames: ['a'] }, /3 names, one for each number of a row for preparation.featureNames/],
  [{ ...full, columns: [] }, /a list of columns for preparation.columns/],
  [{ ...full, columns: [column] }, /encodings of 3 numbers for preparation.columns but received 1/],
  [{ ...full, columns: [column, column, column] }, /columns of different names for preparation.columns/],
  [{ ...full, columns: [null] }, /for preparation.columns\[0\]/],
  [{ ...full, columns: [{ ...column, name: 1 }, oneHot] }, /columns\[0\].name/],
  [{ ...full, columns: [{ ...column, encoding: 'hash' }, oneHot] }, /columns\[0\].encoding/],
  [{ ...full, columns: [{ ...column, categories: ['a'] }, oneHot] }, /none for preparation.columns\[0\].categories/],
  [{ ...full, columns: [{ ...column, missing: 'unknown' }, oneHot] }, /'error' or \{ fill \}/],
  [{ ...full, columns: [{ ...column, missing: { fill: '3' } }, oneHot] }, /columns\[0\].missing/],
  [{ ...full, columns: [{ ...column, missing: { category: 'u' } }, oneHot] }, /columns\[0\].missing/],
  [{ ...full, columns: [{ ...column, missingCells: '?' }, oneHot] }, /columns\[0\].missingCells/],
  [{ ...full, columns: [{ ...column, unknown: 'error' }, oneHot] }, /nothing for preparation.columns\[0\].unknown/],
  [{ ...full, columns: [column, { ...oneHot, categories: undefined }] }, /columns\[1\].categories/],
  [{ ...full, columns: [column, { ...oneHot, encoding: 'number' }] }, /columns\[1\].unknown/],
  [{ ...full, columns: [column, { ...oneHot, missing: { category: 'w' } }] }, /columns\[1\].missing/],
  [{ ...full, columns: [column, { ...oneHot, missing: { fill: 1 } }] }, /columns\[1\].missing/],
];

test('whatever does not fit is refused', (t) => {
  for (const [preparation, message] of wrong) {
    t.throws(() => netWith(preparation), badArgument(message), JSON.stringify(preparation));
  }
});
