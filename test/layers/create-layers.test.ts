import test from 'ava';
import { createLayers, FlattenLayer, Layer, type Ops, registerLayer, type Value } from 'blasnet';
import { badArgument, shapeMismatch, untyped } from '../support/errors.js';

/** A layer of one's own that must know its input's size. */
class Sized extends Layer {
  override readonly kind = 'sized';
  constructor(
    readonly size: number,
    readonly heads: number,
  ) {
    super();
  }
  override get config() {
    return { type: 'Sized', size: this.size, heads: this.heads };
  }
  override call(ops: Ops, [x]: readonly Value[]): Value {
    return ops.slice(x!, null, { to: this.heads });
  }
}

registerLayer('Sized', ({ size, heads }) => new Sized(size as number, heads as number), {
  fromInput: ([size]) => ({ size }),
  fromOutputs: (heads) => ({ heads }),
});

test('createLayers infers sizes from the rows before a layer, and the last outputs', (t) => {
  const layers = createLayers(
    [
      { name: 'conv', config: { type: 'ConvLayer', filters: 4, kernelSize: 3 } },
      { config: { type: 'BatchNormLayer' } },
      { config: { type: 'MaxPoolLayer', poolSize: 2 } },
      { config: { type: 'FlattenLayer' } },
      { config: { type: 'FullyConnectedLayer', outputs: 7 } },
      { config: { type: 'ActivationLayer', name: 'relu' } },
      { config: { type: 'FullyConnectedLayer' } },
    ],
    { input: [1, 8, 8], outputs: 3 },
  );
  t.deepEqual(layers[0]!.inputShape, [1, 8, 8]);
  t.like(layers[1]!.config, { features: 4 });
  t.deepEqual(layers[2]!.inputShape, [4, 6, 6]);
  t.like(layers[4]!.config, { inputs: 36, outputs: 7 });
  t.like(layers[6]!.config, { inputs: 7, outputs: 3 });
});

test('createLayers infers the sizes of a layer of your own, and sizes that are given stay', (t) => {
  const types = [{ config: { type: 'Sized', heads: 5 } }, { config: { type: 'Sized' } }];
  const layers = createLayers(types, { input: [9], outputs: 2 });
  t.deepEqual(
    layers.map(({ config }) => config),
    [
      { type: 'Sized', size: 9, heads: 5 },
      { type: 'Sized', size: 5, heads: 2 },
    ],
  );
  const [given] = createLayers([{ config: { type: 'Sized', size: 9, heads: 1 } }], { input: [9], outputs: 2 });
  t.like(given!.config, { heads: 1 });
});

test('createLayers says which layer does not fit', (t) => {
  const dense = { type: 'FullyConnectedLayer', outputs: 2 };
  t.throws(
    () => createLayers([{ config: dense }, { name: 'b', config: { ...dense, inputs: 3 } }], { input: [4] }),
    shapeMismatch(/in layers\[1\] \('b'\) but received/),
  );
  t.throws(() => createLayers([{ config: { type: 'Dense' } }], { input: [4] }), badArgument(/in layers\[0\] but/));
  t.throws(() => createLayers([{ config: untyped(undefined) }], { input: [4] }), badArgument(/config of a layer/));
});

test('registerLayer refuses rules for sizes that are no functions', (t) => {
  const create = () => new FlattenLayer();
  t.throws(() => registerLayer('Rules1', create, untyped({ fromInput: 3 })), badArgument(/for sizes.fromInput/));
  t.throws(() => registerLayer('Rules2', create, untyped({ fromOutput: create })), badArgument(/fromOutputs/));
});
