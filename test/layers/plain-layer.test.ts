import test from 'ava';
import {
  ActivationLayer,
  DataReader,
  FullyConnectedLayer,
  type HyperParameterOptions,
  HyperParameters,
  type Layer,
  NeuralNet,
  Parameter,
  type ParameterSetup,
  PlainLayer,
  type RowShape,
  Tensor,
} from 'blasnet';
import { badArgument, shapeMismatch, untyped } from '../support/errors.js';
import { fittingReader, labelsFor, numbers, rowsOfNumbers, weightsOf } from '../support/nets.js';
import { gradientCheck, randomTensor } from '../support/numerics.js';

/** max(x, 0), in plain TypeScript. */
class PlainRelu extends PlainLayer {
  override readonly kind = 'plain relu';
  #x?: Tensor;

  override outputShape(input: RowShape): RowShape {
    return input;
  }
  forward(x: Tensor): Tensor {
    this.#x = x;
    return Tensor.from(
      x.data.map((value) => Math.max(value, 0)),
      x.shape,
    );
  }
  backward(delta: Tensor): Tensor {
    const { data } = this.#x!;
    return Tensor.from(
      delta.data.map((value, i) => (data[i]! > 0 ? value : 0)),
      delta.shape,
    );
  }
}

/** y = x · scale, with one scale a feature. */
class PlainScale extends PlainLayer {
  override readonly kind = 'plain scale';
  #x?: Tensor;

  constructor(readonly features: number) {
    super();
  }
  override get inputShape(): RowShape {
    return [this.features];
  }
  override outputShape(input: RowShape): RowShape {
    return input;
  }
  protected override createParameters({ dtype }: ParameterSetup): Parameter[] {
    const scale = new Parameter('scale', 'scale', [1, this.features], dtype);
    scale.value.data.fill(1);
    return [scale];
  }
  forward(x: Tensor): Tensor {
    this.#x = x;
    const [scale] = this.parameters;
    return Tensor.from(
      x.data.map((value, i) => value * scale!.value.data[i % this.features]!),
      x.shape,
    );
  }
  backward(delta: Tensor): Tensor {
    const [scale] = this.parameters;
    const { data } = this.#x!;
    scale!.gradient.data.fill(0);
    delta.data.forEach((value, i) => {
      scale!.gradient.data[i % this.features]! += value * data[i]!;
    });
    return Tensor.from(
      delta.data.map((value, i) => value * scale!.value.data[i % this.features]!),
      delta.shape,
    );
  }
}

function netWith(layer: Layer, options: Partial<HyperParameterOptions> = {}): NeuralNet {
  const params = new HyperParameters({ netType: 'fitting', seed: 2, maxEpoch: 4, batchSize: 8, ...options });
  return new NeuralNet(params, 'net')
    .addLayer(new FullyConnectedLayer(3, 6), 'fc1')
    .addLayer(layer, 'middle')
    .addLayer(new FullyConnectedLayer(6, 1), 'fc2');
}

const reader = (): DataReader => {
  const made = fittingReader(75, 3);
  made.generateValidationSet(5);
  return made;
};

const variants: Record<string, Partial<HyperParameterOptions>> = {
  sgd: {},
  'nag with l2 and clipping': {
    optimizer: 'nag',
    regularizer: { method: 'l2', value: 0.1 },
    gradientClip: { norm: 0.05, value: 0.02 },
  },
  'adam with a schedule': {
    optimizer: 'adam',
    learningRateSchedule: { kind: 'cosine', length: 4, warmUp: { length: 1 } },
  },
};

for (const [name, options] of Object.entries(variants)) {
  test(`a net that steps eagerly and one that is replayed give the same bits: ${name}`, async (t) => {
    const [eager, replayed] = [netWith(new PlainRelu(), options), netWith(new ActivationLayer('relu'), options)];
    const [one, other] = [
      await eager.train(reader(), { checkpoint: 0.5 }),
      await replayed.train(reader(), { checkpoint: 0.5 }),
    ];
    t.deepEqual(weightsOf(eager), weightsOf(replayed));
    t.deepEqual([...one.records], [...other.records]);
    const x = rowsOfNumbers(300, 3, 4);
    t.deepEqual(eager.inference(x).data, replayed.inference(x).data);
    t.deepEqual((await eager.inferenceAsync(x)).data, eager.inference(x).data);
    const y = labelsFor(x);
    t.deepEqual(eager.trainOnBatch(x, y), replayed.trainOnBatch(x, y));
    t.deepEqual(eager.test(x, y), replayed.test(x, y));
  });
}

test('parameters of a plain layer are trained', async (t) => {
  const layer = new PlainScale(6);
  const net = netWith(layer);
  const { records } = await net.train(reader());
  t.true(records.at(-1)!.lossTrain < records[0]!.lossTrain);
  t.true(layer.weights.scale!.data.every((value) => value !== 1));
  t.deepEqual(gradientCheck(new PlainScaleIn64(3), randomTensor([5, 3], 1)), []);
});

/** A layer alone has the dtype that it was set up with; its default is float32. */
class PlainScaleIn64 extends PlainScale {
  protected override createParameters(setup: ParameterSetup): Parameter[] {
    return super.createParameters({ ...setup, dtype: 'float64' });
  }
}

test('the event loop turns while a plain layer trains, and a signal ends it', async (t) => {
  const reason = new Error('enough');
  const controller = new AbortController();
  const endless = netWith(new PlainRelu(), { maxEpoch: 1e9 }).train(reader(), { signal: controller.signal });
  // Only an event loop that turns comes to these.
  let turns = 0;
  const timer = setInterval(() => {
    if (++turns === 5) controller.abort(reason);
  }, 1);
  t.is(await t.throwsAsync(endless), reason);
  clearInterval(timer);
});

test('what a plain layer throws comes through, and the weights stay at the last finished step', async (t) => {
  const failure = new RangeError('no more');
  let calls = 0;
  class Failing extends PlainRelu {
    override forward(x: Tensor): Tensor {
      if (++calls > 3) throw failure;
      return super.forward(x);
    }
  }
  const options = { optimizer: 'nag', maxEpoch: 1, shuffle: false } as const;
  const { shuffle, ...params } = options;
  const net = netWith(new Failing(), params);
  t.is(await t.throwsAsync(net.train(fittingReader(80, 3), { shuffle })), failure);
  const reference = netWith(new PlainRelu(), params);
  await reference.train(DataReader.fromTensors(firstRows(fittingReader(80, 3), 24)), { shuffle });
  t.deepEqual(weightsOf(net), weightsOf(reference));
});

function firstRows(from: DataReader, count: number) {
  return { xTrain: from.xTrain.slice(0, count), yTrain: from.yTrain.slice(0, count) };
}

test('results that do not fit are refused', (t) => {
  const x = Tensor.from(numbers(6), [2, 3]);
  const make = (result: (x: Tensor) => unknown) => {
    class Wrong extends PlainRelu {
      override forward(input: Tensor): Tensor {
        return untyped(result(input));
      }
    }
    return () => netWith(new Wrong()).inference(x);
  };
  t.throws(
    make(() => undefined),
    badArgument(/a Tensor for the result of forward but received undefined/),
  );
  t.throws(
    make((input) => input.clone('float64')),
    badArgument(/float32 for the result of forward/),
  );
  t.throws(
    make((input) => input.slice(0, 1)),
    shapeMismatch(/shape \[2, 6\] for the result of forward .* \[1, 6\]/),
  );
});
