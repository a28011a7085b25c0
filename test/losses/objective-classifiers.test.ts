// What accuracy and loss mean for classifiers, and which labels fit them: through net.test, on outputs set by hand.
import test from 'ava';
import { BlasnetError, type NetType, Tensor } from 'blasnet';
import { differences, evaluate, identityNet, uniforms } from '../support/numerics.js';

const column = (...values: number[]) => values.map((value) => [value]);

for (const dtype of ['float64', 'float32'] as const) {
  test(`binary: the share of rows with round(a) = y, ${dtype}`, (t) => {
    const share = (z: number[][], y: number[][]) => evaluate('binaryClassifier', z, y, dtype).accuracy;
    t.is(share(column(3, -3, 0.01, -0.01), column(1, 0, 1, 0)), 1);
    t.is(share(column(3, -3, 0.01, -0.01), column(0, 1, 0, 1)), 0);
    t.is(share(column(3, -3, 0.01, -0.01), column(1, 0, 0, 0)), 0.75);
    t.is(share(column(1000, -1000), column(1, 1)), 0.5);
  });

  test(`binary: several outputs count one by one, ${dtype}`, (t) => {
    const { accuracy } = evaluate(
      'binaryClassifier',
      [
        [1, -1],
        [1, -1],
      ],
      [
        [1, 0],
        [1, 1],
      ],
      dtype,
    );
    t.is(accuracy, 0.75);
  });

  test(`multiple: the share of rows with argmax a = argmax y, ${dtype}`, (t) => {
    const y = [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
      [0.2, 0.3, 0.5],
    ];
    const share = (z: number[][]) => evaluate('multipleClassifier', z, y, dtype).accuracy;
    t.is(
      share([
        [3, 1, 2],
        [-3, -1, -2],
        [0, 0, 1],
        [0, 0, 1000],
      ]),
      1,
    );
    t.is(
      share([
        [3, 1, 4],
        [-3, -1, -2],
        [0, 0, 1],
        [0, 7, 6],
      ]),
      0.5,
    );
    t.is(
      share([
        [0, 1, 0],
        [0, 0, 1],
        [1, 0, 0],
        [1, 0, 0],
      ]),
      0,
    );
    // Of equal outputs the first one counts, as in NumPy.
    t.is(
      share([
        [0, 0, 0],
        [0, 0, 0],
        [0, 0, 0],
        [0, 0, 0],
      ]),
      0.25,
    );
  });
}

test('losses are those of the logits, finite at ±1000', (t) => {
  t.is(evaluate('binaryClassifier', column(1000, -1000), column(0, 0)).loss, 500);
  t.is(
    evaluate(
      'multipleClassifier',
      [
        [1000, -1000],
        [1000, -1000],
      ],
      [
        [0, 1],
        [1, 0],
      ],
    ).loss,
    1000,
  );
  const even = evaluate('multipleClassifier', [[0, 0, 0, 0]], [[0, 0, 1, 0]]);
  t.deepEqual(differences([even.loss], [Math.log(4)], { rtol: 1e-14 }), []);
});

test('many rows make one share, whatever pieces they are computed in', (t) => {
  for (const rows of [255, 256, 257, 1000]) {
    const z = Tensor.from(uniforms(rows, 3), [rows, 1]);
    const truth = Tensor.from(
      z.data.map((value, i) => Number(i % 5 === 0 ? value < 0 : value > 0)),
      [rows, 1],
    );
    t.is(identityNet('binaryClassifier', 1).test(z, truth).accuracy, (rows - Math.ceil(rows / 5)) / rows);
  }
});

test('labels that do not fit the type of net are refused', (t) => {
  const code = (netType: NetType, y: number[][]) =>
    t.throws(() => evaluate(netType, [[1, 2]], y), { instanceOf: BlasnetError })?.code;
  t.is(code('multipleClassifier', [[1, 1]]), 'ERR_BAD_ARGUMENT');
  t.is(code('binaryClassifier', [[0, 2]]), 'ERR_BAD_ARGUMENT');
  t.is(code('binaryClassifier', [[0, -1]]), 'ERR_BAD_ARGUMENT');
  t.is(code('fitting', [[1, 2, 3]]), 'ERR_SHAPE_MISMATCH');
  t.is(
    code('fitting', [
      [1, 2],
      [3, 4],
    ]),
    'ERR_SHAPE_MISMATCH',
  );
});
