// The checks themselves must notice what is wrong.
import test from 'ava';
import { FullyConnectedLayer, type Tensor } from 'blasnet';
import { differences, gradientCheck, randomTensor } from '../support/numerics.js';

class WrongDelta extends FullyConnectedLayer {
  override backward(delta: Tensor): Tensor | null {
    const dx = super.backward(delta)!;
    dx.data[0]! *= 1.01;
    return dx;
  }
}

class WrongBias extends FullyConnectedLayer {
  override backward(delta: Tensor): Tensor | null {
    const dx = super.backward(delta);
    this.gradients.B!.data[1]! += 1e-2;
    return dx;
  }
}

/** Gradients divided by the rows once more. */
class MeanGradients extends FullyConnectedLayer {
  override backward(delta: Tensor): Tensor | null {
    const dx = super.backward(delta);
    for (const { data } of Object.values(this.gradients)) data.set(data.map((value) => value / delta.rows));
    return dx;
  }
}

test('gradientCheck finds a wrong input delta, a wrong gradient and a wrong scale', (t) => {
  const check = (layer: FullyConnectedLayer) => {
    layer.setWeights({ W: randomTensor([3, 2], 2) });
    return gradientCheck(layer, randomTensor([4, 3], 1, 1, 2));
  };
  t.deepEqual(check(new FullyConnectedLayer(3, 2, { dtype: 'float64' })), []);
  const wrongDelta = check(new WrongDelta(3, 2, { dtype: 'float64' }));
  t.is(wrongDelta.length, 1);
  t.true(wrongDelta[0]!.startsWith('input[0]: '));
  const wrongBias = check(new WrongBias(3, 2, { dtype: 'float64' }));
  t.is(wrongBias.length, 1);
  t.true(wrongBias[0]!.startsWith('B[1]: '));
  t.is(check(new MeanGradients(3, 2, { dtype: 'float64' })).length, 8);
});

test('gradientCheck leaves input and weights as they were', (t) => {
  const layer = new FullyConnectedLayer(3, 2, { dtype: 'float64' });
  const x = randomTensor([4, 3], 1);
  const before = [x, layer.weights.W!, layer.weights.B!].map((tensor) => tensor.data.slice());
  gradientCheck(layer, x);
  t.deepEqual(
    [x, layer.weights.W!, layer.weights.B!].map((tensor) => tensor.data.slice()),
    before,
  );
});

test('differences names what is beyond |a − e| ≤ atol + rtol·|e|, NaN and lengths', (t) => {
  t.deepEqual(differences([1.001, -2], [1, -2], { rtol: 1e-2 }), []);
  t.deepEqual(differences([1.001, -2], [1, -2], { rtol: 1e-4 }, 'x'), ['x[0]: 1.001 instead of 1']);
  t.deepEqual(differences([1e-9], [0], { rtol: 1 }, 'x'), ['x[0]: 1e-9 instead of 0']);
  t.deepEqual(differences([1e-9], [0], { rtol: 0, atol: 1e-8 }), []);
  t.is(differences([Number.NaN], [1], { rtol: 1, atol: 1 }).length, 1);
  t.is(differences([1], [Number.NaN], { rtol: 1, atol: 1 }).length, 1);
  t.is(differences([Infinity], [1], { rtol: 1, atol: 1 }).length, 1);
  t.deepEqual(differences([Infinity, Number.NaN], [Infinity, Number.NaN], { rtol: 0 }), []);
  t.deepEqual(differences([1], [1, 2], { rtol: 1 }, 'x'), ['x: 1 numbers instead of 2']);
});
