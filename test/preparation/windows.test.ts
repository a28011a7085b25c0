// Nets for time series take windows of raw numbers, and answer in units of the targets.
import { join } from 'node:path';
import test from 'ava';
import {
  FlattenLayer,
  FullyConnectedLayer,
  HyperParameters,
  NeuralNet,
  type Preparation,
  Tensor,
  timeSeriesWindows,
} from 'blasnet';
import { badArgument, shapeMismatch, untyped } from '../support/errors.js';
import { temporaryFolder } from '../support/files.js';
import { get, type InferAnswer, post, servingApp } from '../support/serving.js';

const steps = Array.from({ length: 120 }, (_, i) => i);
const load = steps.map((step) => 50 + 10 * Math.sin(step / 3));
const heat = steps.map((step) => 300 + (step % 7));

async function trained(): Promise<NeuralNet> {
  const reader = timeSeriesWindows({ load, heat }, { length: 4, horizon: 2, target: ['heat', 'load'], test: 0.2 });
  const net = new NeuralNet(new HyperParameters({ netType: 'fitting', maxEpoch: 2, dtype: 'float64' }), 'load');
  net.addLayer(new FlattenLayer()).addLayer(new FullyConnectedLayer(4));
  await net.train(reader);
  return net;
}

const columns = { load: load.slice(-4), heat: heat.slice(-4) };
const pairs = columns.load.map((value, i) => [value, columns.heat[i]!]);
const cells = pairs.map(([load, heat]) => ({ heat: String(heat), load: load!, other: 'x' }));

/** Scaling, the net and its reverse by hand. */
function expectedOf(net: NeuralNet): number[] {
  const { x, y } = net.preparation!;
  const scaled = pairs.flat().map((value, i) => (value - x!.offset[i]!) * x!.scale[i]!);
  const output = net.inference(Tensor.from(scaled, [1, 4, 2], 'float64')) as Tensor;
  return Array.from(output.data, (value, i) => value * y!.scale[i]! + y!.offset[i]!);
}

const isNear = (a: ArrayLike<number>, b: readonly number[]) =>
  a.length === b.length && b.every((value, i) => Math.abs(value - a[i]!) < 1e-9);

test('predict › tensors, lists, columns and cells of a window', async (t) => {
  const net = await trained();
  const expected = expectedOf(net);
  t.true(expected[0]! > 290 && expected[1]! < 80, 'in units of heat, then load');
  const window = Tensor.from(pairs, undefined, 'float64');
  const batch = Tensor.from([...window.data, ...window.data], [2, 4, 2], 'float64');
  for (const raw of [window, window.reshape([1, 4, 2]), window.reshape([1, 8]), pairs, [pairs], columns, cells]) {
    const { outputs } = await net.predict(untyped<Tensor>(raw));
    t.deepEqual(outputs.shape, [1, 4]);
    t.true(isNear(outputs.data, expected));
    t.true(isNear(net.predictSync(untyped<Tensor>(raw)).outputs.data, expected));
  }
  t.true(isNear((await net.predict(batch)).outputs.data, [...expected, ...expected]));
  const predictor = net.predictor();
  const rows = [window, window.reshape([1, 4, 2]), pairs, columns, cells, pairs.flat()];
  for (const { outputs } of await Promise.all(rows.map((row) => predictor.predict(untyped<Tensor>(row))))) {
    t.true(isNear(outputs.data, expected));
  }
  await t.throwsAsync(predictor.predict(batch), shapeMismatch(/one window for row but received 2/));
});

test('predict › windows that do not fit', async (t) => {
  const net = await trained();
  const fails = (raw: unknown) => net.predict(untyped<Tensor>(raw));
  await t.throwsAsync(fails(Tensor.zeros([3, 2])), shapeMismatch(/\[windows, 4, 2\], or \[4, 2\] for one, .*\[3, 2\]/));
  await t.throwsAsync(fails(cells.slice(1)), shapeMismatch(/4 time steps for a window but received 3/));
  await t.throwsAsync(fails({ ...columns, heat: [1] }), shapeMismatch(/4 time steps for column 'heat' of a window/));
  await t.throwsAsync(fails({ load: columns.load }), badArgument(/a cell for row 0, column 'heat'/));
  await t.throwsAsync(fails({ ...columns, heat: 5 }), badArgument(/a list of 4 cells for column 'heat'/));
  await t.throwsAsync(fails({ ...columns, heat: [1, 2, 'x', 4] }), badArgument(/a number for row 2, column 'heat'/));
  await t.throwsAsync(fails('load'), badArgument(/numbers, or columns by name for a window/));
  await t.throwsAsync(fails(Tensor.zeros([4, 2], 'int32')), badArgument(/a Tensor of floats/));
});

test('files and servers keep windows', async (t) => {
  const net = await trained();
  const expected = expectedOf(net);
  const file = join(await temporaryFolder(t), 'net.safetensors');
  await net.save(file);
  const loaded = await NeuralNet.load(file);
  t.deepEqual(loaded.preparation, net.preparation);
  const onnx = file.replace('safetensors', 'onnx');
  await net.exportOnnx(onnx);
  t.deepEqual((await NeuralNet.fromOnnx(onnx)).preparation?.window, { length: 4 });
  const app = await servingApp(t, { models: [{ name: 'm', net: loaded }] });
  const { inputs, parameters } = (await get(app, '/v2/models/m')).json as { inputs: unknown; parameters: object };
  t.deepEqual(inputs, [
    { name: 'load', datatype: 'FP64', shape: [-1, 4], parameters: {} },
    { name: 'heat', datatype: 'FP64', shape: [-1, 4], parameters: {} },
  ]);
  t.like(parameters, { forecast: { horizon: 2, targets: ['heat', 'load'] } });
  const input = (name: 'load' | 'heat', times: number, shape: readonly number[]) => ({
    name,
    datatype: 'FP64',
    shape,
    data: Array.from({ length: times }, () => columns[name]).flat(),
  });
  for (const [times, shape] of [
    [1, [4]],
    [1, [1, 4]],
    [3, [3, 4]],
  ] as const) {
    const answer = await post(app, '/v2/models/m/infer', {
      inputs: [input('heat', times, shape), input('load', times, shape)],
    });
    const [output] = (answer.json as InferAnswer).outputs;
    t.deepEqual(output!.shape, [times, 4]);
    t.true(isNear(output!.data as number[], Array.from({ length: times }, () => expected).flat()));
  }
  const numbers = { name: 'input', datatype: 'FP64', shape: [1, 4, 2], data: pairs.flat() };
  const encoded = (await post(app, '/v2/models/m/infer', { inputs: [numbers] })).json as InferAnswer;
  t.true(isNear(encoded.outputs[0]!.data as number[], expected));
  for (const shape of [[8], [4, 2], [2, 2, 2]]) {
    const wrong = await post(app, '/v2/models/m/infer', { inputs: [input('heat', 2, shape), input('load', 2, shape)] });
    t.is(wrong.status, 400);
    t.regex((wrong.json as { error: string }).error, /\[2, 4\] for the shape of input 'heat'/);
  }
  const short = { name: 'heat', datatype: 'FP64', shape: [3], data: [1, 2, 3] };
  t.is((await post(app, '/v2/models/m/infer', { inputs: [short, { ...short, name: 'load' }] })).status, 400);
});

test('a preparation of windows is checked', async (t) => {
  const net = await trained();
  const good = net.preparation!;
  const set = (more: object) => () => {
    net.preparation = { ...good, ...more } as Preparation;
  };
  t.throws(set({ window: { length: 3 } }), badArgument(/preparation.window.length/));
  t.throws(set({ window: { length: 4, order: {} } }), badArgument(/window.order.column/));
  t.throws(set({ window: { length: 4, order: { column: 'a', format: 1 } } }), badArgument(/order.format/));
  t.throws(set({ window: { steps: 4 } }), badArgument(/preparation.window but received 'steps'/));
  t.throws(set({ window: undefined }), badArgument(/preparation.columns/));
  t.throws(set({ forecast: { horizon: 0, targets: ['a'] } }), badArgument(/forecast.horizon/));
  t.throws(set({ forecast: { horizon: 1, targets: [] } }), badArgument(/forecast.targets/));
  t.throws(set({ forecast: { horizon: 1, targets: ['a', 'a'] } }), badArgument(/forecast.targets/));
  t.throws(set({ forecast: { horizon: 1, targets: ['a'], gap: -1 } }), badArgument(/forecast.gap/));
  t.deepEqual(net.preparation, good);
});
