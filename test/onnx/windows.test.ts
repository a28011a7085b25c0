import test from 'ava';
import { Tensor } from 'blasnet';
import { randomTensor, uniforms } from '../support/numerics.js';
import { sample } from '../support/tier.js';
import { agreementOf } from './agreement.js';
import { type ModelSpec, type NodeSpec, tensor } from './models.js';

/** Models with windows of all kinds, the same for the same seed. */
function specOf(operator: string, seed: number): ModelSpec {
  const numbers = uniforms(40, seed, 0, 1);
  let at = 0;
  const below = (count: number) => Math.floor(numbers[at++]! * count);
  const pick = <Value>(...values: readonly Value[]): Value => values[below(values.length)]!;
  const pair = (count: number, from: number) => [from + below(count), from + below(count)];
  const inputShape = ['n', 1 + below(2), 2 + below(6), 2 + below(6)];
  const kernel = pair(3, 1);
  const pads = pick([0, 0, 0, 0], [1, 1, 1, 1], [below(2), below(2), below(3), below(3)], [below(2), below(3), 0, 0]);
  const isPool = operator !== 'Conv';
  const attributes: NonNullable<NodeSpec['attributes']> = {
    kernel_shape: kernel,
    strides: pair(3, 1),
    ...pick({ pads }, { pads }, { auto_pad: 'SAME_UPPER' }, { auto_pad: 'SAME_LOWER' }, { auto_pad: 'VALID' }),
    ...(isPool && below(2) === 1 && { ceil_mode: 1 }),
    ...(operator === 'AveragePool' && below(3) > 0 && { count_include_pad: 1 }),
    ...(!isPool && below(2) === 1 && { dilations: pair(2, 1) }),
  };
  const channels = inputShape[1] as number;
  const filters = uniforms(2 * channels * kernel[0]! * kernel[1]!, seed + 1);
  return {
    inputShape,
    opset: pick(11, 17, 19, 22),
    tensors: isPool ? [] : [tensor('f', [2, channels, ...kernel], Float32Array.from(filters))],
    nodes: [[operator, isPool ? ['x'] : ['x', 'f'], 'y', { attributes }]],
  };
}

/** Of so many models, at least so many load: refusing all of them would be no agreement. */
const models = sample(400, 5);
const leastLoaded = { MaxPool: models * 0.25, AveragePool: models * 0.15, Conv: models * 0.375 };

for (const [operator, least] of Object.entries(leastLoaded)) {
  test(`windows of ${operator} give what onnxruntime computes, or are refused`, async (t) => {
    let loaded = 0;
    for (let seed = 0; seed < models; seed++) {
      const spec = specOf(operator, seed);
      const x = randomTensor([2, ...(spec.inputShape!.slice(1) as number[])], seed, 1, 9).clone('float32');
      const agreement = await agreementOf(spec, x);
      if (agreement.kind === 'wrong')
        t.fail(
          `${JSON.stringify(spec.nodes)} ${JSON.stringify(spec.inputShape)} opset ${spec.opset} ${agreement.what.join('\n')}`,
        );
      if (agreement.kind === 'equal') loaded++;
    }
    t.log(`${loaded} of ${models} loaded`);
    t.true(loaded >= least, `${loaded} of ${models} loaded`);
  });
}

const twelve = Tensor.from(
  Float32Array.from({ length: 12 }, (_, i) => i + 1),
  [1, 1, 2, 6],
);
const cutWindows = (operator: string, attributes: NonNullable<NodeSpec['attributes']>): ModelSpec => ({
  inputShape: ['n', 1, 2, 6],
  nodes: [
    [
      operator,
      ['x'],
      'y',
      { attributes: { kernel_shape: [2, 2], strides: [1, 3], pads: [0, 1, 0, 0], ...attributes } },
    ],
  ],
});

test('windows beyond the padding count the numbers that they hold', async (t) => {
  for (const count_include_pad of [0, 1]) {
    const average = cutWindows('AveragePool', { ceil_mode: 1, count_include_pad });
    t.deepEqual(await agreementOf(average, twelve), { kind: 'equal' });
  }
  t.deepEqual(await agreementOf(cutWindows('MaxPool', { ceil_mode: 1 }), twelve), { kind: 'equal' });
});
