// Sequences that clients hand in step by step, through the routes.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import {
  BidirectionalLayer,
  ClassificationLayer,
  EmbeddingLayer,
  FlattenLayer,
  FullyConnectedLayer,
  GruLayer,
  HyperParameters,
  input,
  LstmLayer,
  NeuralNet,
  PositionalEncodingLayer,
  type Prediction,
  Tensor,
  TransformerDecoderLayer,
} from 'blasnet';
import type { FastifyInstance } from 'fastify';
import { temporaryFolder } from '../support/files.js';
import { randomTensor } from '../support/numerics.js';
import { holidayRows, holidaysNet, series, seriesNet } from '../support/series-nets.js';
import { get, type InferAnswer, post, servingApp, until } from '../support/serving.js';

const infer = '/v2/models/m/infer';
const { load, heat } = series;

/** A request with steps of load and heat. */
function steps(id: string | number, from: number, count: number, flags: object = {}) {
  const data = load.slice(from, from + count).flatMap((value, i) => [value, heat[from + i]!]);
  const inputs = [{ name: 'input', datatype: 'FP64', shape: [count, 2], data }];
  return { inputs, parameters: { sequence_id: id, ...flags } };
}

const start = { sequence_start: true };
const end = { sequence_end: true };

/** Posts a request that is answered 200, and returns the numbers of its output. */
async function outputs(app: FastifyInstance, body: object, url = infer): Promise<readonly number[]> {
  const { status, json } = await post(app, url, body);
  if (status !== 200) throw new Error(JSON.stringify(json));
  return (json as InferAnswer).outputs[0]!.data as number[];
}

async function openSequences(app: FastifyInstance, model = 'm'): Promise<number> {
  const { body } = await app.inject({ url: '/metrics' });
  return Number(new RegExp(`blasnet_open_sequences\\{model="${model}"\\} (\\d+)`).exec(body)![1]);
}

/** The net's forecast from so many hours, in one go. */
async function forecast(net: NeuralNet, from: number, count: number): Promise<readonly number[]> {
  const stream = net.stream();
  let last: Prediction | undefined;
  for (let i = from; i < from + count; i++) last = await stream.predict([load[i]!, heat[i]!]);
  return [...last!.outputs.data];
}

test('a sequence goes on from request to request, in the units of the series', async (t) => {
  const net = await seriesNet();
  const app = await servingApp(t, { models: [{ name: 'm', net }] });
  const whole = await net.predict({ load: load.slice(0, 8), heat: heat.slice(0, 8) });
  await outputs(app, steps('a', 0, 1, start));
  const { status, json } = await post(app, infer, { ...steps('a', 1, 3), id: 'x' });
  t.is(status, 200);
  const answer = json as InferAnswer;
  t.is(answer.id, 'x');
  t.deepEqual(answer.outputs[0]!.shape, [3, 6]);
  t.deepEqual(answer.outputs[0]!.data.slice(12), await forecast(net, 0, 4), 'the answer after each step');
  t.is(await openSequences(app), 1);
  t.deepEqual(await outputs(app, steps('a', 4, 4, end)).then((data) => data.slice(18)), [...whole.outputs.data]);
  t.is(await openSequences(app), 0);
  const { status: gone, json: problem } = await post(app, infer, steps('a', 8, 1));
  t.is(gone, 404);
  t.regex(
    (problem as { error: string }).error,
    /^Expected the sequence_id of an open sequence of model 'm'.*'a'.*60000 ms/,
  );
  t.true(((await get(app, '/v2')).json as { extensions: string[] }).extensions.includes('sequence'));
});

test('columns by name, a step without its dimension, and binary tensors', async (t) => {
  const net = await seriesNet();
  const app = await servingApp(t, { models: [{ name: 'm', net }] });
  const columns = (shape: number[], data: [number[], number[]], flags: object) => ({
    inputs: [
      { name: 'heat', datatype: 'FP64', shape, data: data[1] },
      { name: 'load', datatype: 'FP64', shape, data: data[0] },
    ],
    parameters: { sequence_id: 7, ...flags },
  });
  await outputs(app, columns([1, 4], [load.slice(0, 4), heat.slice(0, 4)], start));
  t.deepEqual(await outputs(app, columns([1], [[load[4]!], [heat[4]!]], {})), await forecast(net, 0, 5));
  const one = { inputs: [{ name: 'input', datatype: 'FP64', shape: [2], data: [load[5], heat[5]] }] };
  t.deepEqual(await outputs(app, { ...one, parameters: { sequence_id: 7 } }), await forecast(net, 0, 6));
  const bytes = Buffer.from(Float64Array.of(load[6]!, heat[6]!).buffer);
  const parameters = { sequence_id: 7, sequence_end: true, binary_data_output: true };
  const binary = { name: 'input', datatype: 'FP64', shape: [1, 1, 2], parameters: { binary_data_size: bytes.length } };
  const head = Buffer.from(JSON.stringify({ inputs: [binary], parameters }));
  const reply = await app.inject({
    method: 'POST',
    url: infer,
    payload: Buffer.concat([head, bytes]),
    headers: { 'inference-header-content-length': String(head.length) },
  });
  const length = Number(reply.headers['inference-header-content-length']);
  const numbers = new Float32Array(new Uint8Array(reply.rawPayload.subarray(length)).buffer);
  t.deepEqual([...numbers], await forecast(net, 0, 7));
});

test('cells of a file with categories', async (t) => {
  const file = join(await temporaryFolder(t), 'load.csv');
  await writeFile(file, ['time,load,holiday', ...holidayRows, ''].join('\n'));
  const net = await holidaysNet(file);
  const app = await servingApp(t, { models: [{ name: 'm', net }] });
  const cells = holidayRows.slice(0, 6).map((row) => row.split(','));
  const body = (holidays: string[]) => ({
    inputs: [
      { name: 'load', datatype: 'FP64', shape: [6], data: cells.map(([, value]) => Number(value)) },
      { name: 'holiday', datatype: 'BYTES', shape: [6], data: holidays },
    ],
    parameters: { sequence_id: 'x', ...start },
  });
  const rows = cells.map(([time, value, holiday]) => ({ time: time!, load: value!, holiday: holiday! }));
  const whole = await net.predict(rows);
  t.deepEqual((await outputs(app, body(cells.map(([, , holiday]) => holiday!)))).slice(10), [...whole.outputs.data]);
  const { status, json } = await post(app, infer, body(['no', 'no', 'never', 'no', 'no', 'no']));
  t.is(status, 400);
  t.regex((json as { error: string }).error, /column 'holiday'.*never/);
  t.is(await openSequences(app), 0, 'a sequence whose first request fails is not open');
});

test('clients at the same time have sequences of their own, each in order', async (t) => {
  const net = await seriesNet(new LstmLayer(6));
  const app = await servingApp(t, { models: [{ name: 'm', net }] });
  const client = async (id: number) => {
    const [first, ...others] = Array.from({ length: 8 }, (_, i) =>
      steps(id, id + i, 1, i === 0 ? start : i === 7 ? end : {}),
    );
    // All at once: they are answered in the order in which they came.
    const answers = await Promise.all([first!, ...others].map((body) => outputs(app, body)));
    for (const [i, answer] of answers.entries()) t.deepEqual(answer, await forecast(net, id, i + 1), `${id} ${i}`);
  };
  const rows = Promise.all(
    Array.from({ length: 20 }, () =>
      outputs(app, { inputs: [{ name: 'input', datatype: 'FP64', shape: [8, 2], data: load.slice(0, 16) }] }),
    ),
  );
  await Promise.all(Array.from({ length: 12 }, (_, i) => client(i + 1)));
  t.is(new Set((await rows).map((row) => row.join())).size, 1);
  t.is(await openSequences(app), 0);
});

test('an id begins anew, and ids that are numbers are others than texts', async (t) => {
  const net = await seriesNet();
  const app = await servingApp(t, { models: [{ name: 'm', net }] });
  await outputs(app, steps(5, 0, 3, start));
  await outputs(app, steps('5', 20, 2, start));
  t.is(await openSequences(app), 2);
  t.deepEqual(await outputs(app, steps(5, 3, 1)), await forecast(net, 0, 4));
  t.deepEqual(await outputs(app, steps(5, 30, 1, start)), await forecast(net, 30, 1));
  t.deepEqual(await outputs(app, steps('5', 22, 1)), await forecast(net, 20, 3));
  t.is(await openSequences(app), 2);
  // A sequence of one request needs no room.
  t.deepEqual(await outputs(app, steps('once', 9, 1, { ...start, ...end })), await forecast(net, 9, 1));
});

test('no more sequences than allowed, and idle ones end', async (t) => {
  const net = await seriesNet();
  const app = await servingApp(t, { models: [{ name: 'm', net }], maxSequences: 2 });
  await outputs(app, steps(1, 0, 1, start));
  await outputs(app, steps(2, 0, 1, start));
  const { status, json, headers } = await post(app, infer, steps(3, 0, 1, start));
  t.is(status, 503);
  t.is(headers['retry-after'], '1');
  t.regex((json as { error: string }).error, /fewer than 2 open sequences of model 'm'/);
  await outputs(app, steps(2, 5, 1, start));
  await outputs(app, steps(1, 1, 1, end));
  await outputs(app, steps(3, 0, 1, start));

  const brief = await servingApp(t, { models: [{ name: 'm', net }], sequenceIdleMs: 1 });
  await outputs(brief, steps(1, 0, 1, start));
  await until(async () => (await openSequences(brief)) === 0);
  t.is((await post(brief, infer, steps(1, 1, 1))).status, 404);
});

test('a refused request leaves the sequence as it was', async (t) => {
  const net = await seriesNet();
  const app = await servingApp(t, { models: [{ name: 'm', net }], maxRows: 10 });
  await outputs(app, steps('a', 0, 2, start));
  const input = (shape: number[], data: unknown[], datatype = 'FP32') => [{ name: 'input', datatype, shape, data }];
  const refused: [object, number, RegExp][] = [
    [{ inputs: input([1, 3], [1, 2, 3]) }, 400, /\[steps, 2\].*'?input'?|shape of input 'input'/],
    [{ inputs: input([2, 1], [1, 2]), parameters: { sequence_id: 'a', timeout: -1 } }, 400, /timeout/],
    [{ inputs: input([4], [1, 2, 3, 4]) }, 400, /\[steps, 2\]/],
    [{ inputs: input([1, 2], [1, 'x']) }, 400, /number 1 of input 'input'/],
    [{ inputs: input([1, 2], ['a', 'b'], 'BYTES') }, 400, /datatype/],
    [{ inputs: input([11, 2], Array(22).fill(0)) }, 413, /at most 10 steps/],
    [{ inputs: [{ name: 'load', datatype: 'FP32', shape: [1], data: [1] }] }, 400, /input 'heat'/],
    [{ inputs: input([1, 2], [1, 2]), outputs: [{ name: 'class' }] }, 400, /outputs/],
    [{ inputs: input([1, 2], [1, 2]), parameters: { sequence_id: 'a', sequence_start: 'yes' } }, 400, /sequence_start/],
    [{ inputs: input([1, 2], [1, 2]), parameters: { sequence_id: 'a', sequence_end: 1 } }, 400, /sequence_end/],
    [{ inputs: input([1, 2], [1, 2]), parameters: { sequence_id: -1 } }, 400, /parameters\.sequence_id.*-1/],
    [{ inputs: input([1, 2], [1, 2]), parameters: { sequence_id: 0.5 } }, 400, /sequence_id/],
    [{ inputs: input([1, 2], [1, 2]), parameters: { sequence_id: 2 ** 53 } }, 400, /2\^53/],
    [{ inputs: input([1, 2], [1, 2]), parameters: { sequence_id: { id: 1 } } }, 400, /an object/],
    [{ inputs: input([1, 2], [1, 2]), parameters: { sequence_id: 'x'.repeat(129) } }, 400, /128 characters/],
    [
      { inputs: input([1, 2], [1, 2]), parameters: { sequence_id: 0, sequence_start: true } },
      400,
      /sequence starts or ends/,
    ],
    [{ inputs: input([1, 2], [1, 2]), parameters: { sequence_end: true } }, 400, /sequence starts or ends/],
  ];
  for (const [body, status, message] of refused) {
    const answer = await post(app, infer, { parameters: { sequence_id: 'a' }, ...body });
    t.is(answer.status, status, JSON.stringify(body));
    t.regex((answer.json as { error: string }).error, message);
  }
  t.deepEqual(await outputs(app, steps('a', 2, 1)), await forecast(net, 0, 3));
});

test('nets that see the whole sequence say which layer does', async (t) => {
  const bidirectional = await seriesNet(new BidirectionalLayer(new GruLayer(2)));
  const flat = await seriesNet(new FlattenLayer());
  const app = await servingApp(t, {
    models: [
      { name: 'm', net: bidirectional },
      { name: 'flat', net: flat },
    ],
  });
  for (const [url, layer] of [
    [infer, /bidirectional/i],
    ['/v2/models/flat/infer', /flatten/i],
  ] as const) {
    const { status, json } = await post(app, url, steps(1, 0, 1, start));
    t.is(status, 400);
    t.regex((json as { error: string }).error, layer);
    t.regex((json as { error: string }).error, /one step at a time/);
  }
});

test('tokens and their classes; several inputs, of which one is no sequence', async (t) => {
  const ids = input([5], { name: 'ids', dtype: 'int32' });
  const states = new GruLayer(5, { returnSequences: true }).apply(new EmbeddingLayer(10, 4).apply(ids));
  const next = new ClassificationLayer('softmax').apply(new FullyConnectedLayer(10).apply(states));
  const tokens = NeuralNet.fromGraph(
    { inputs: [ids], outputs: [next] },
    new HyperParameters({ netType: 'multipleClassifier' }),
    'tokens',
  );
  const shops = [input([6, 2], { name: 'series' }), input([3], { name: 'shop' })] as const;
  const state = new LstmLayer(4).apply(shops[0]);
  const parts = [new FullyConnectedLayer(1).apply(state, 'sales'), new FullyConnectedLayer(2).apply(shops[1], 'shelf')];
  const net = NeuralNet.fromGraph(
    { inputs: [...shops], outputs: parts },
    new HyperParameters({ netType: 'fitting' }),
    'net',
  );
  const app = await servingApp(t, {
    models: [
      { name: 'm', net },
      { name: 'tokens', net: tokens },
    ],
  });
  const token = (data: number[], flags: object) => ({
    inputs: [{ name: 'ids', datatype: 'INT32', shape: [data.length], data }],
    parameters: { sequence_id: 1, ...flags },
  });
  const url = '/v2/models/tokens/infer';
  await outputs(app, token([3, 1], start), url);
  const spoken = (await post(app, url, token([4, 1, 5], end))).json as InferAnswer;
  const said = tokens.inference(Tensor.from(Int32Array.of(3, 1, 4, 1, 5), [1, 5]));
  t.deepEqual(spoken.outputs[0]!.shape, [3, 10]);
  t.deepEqual(spoken.outputs[0]!.data, [...said.data.subarray(20)]);
  t.is(spoken.outputs[1]!.name, 'class');
  t.is(spoken.outputs[1]!.data.length, 3);
  const unknown = await post(app, url, token([10], start));
  t.is(unknown.status, 400);
  t.regex((unknown.json as { error: string }).error, /from 0 to 9/);
  const body = (data: number[], flags: object) => ({
    inputs: [
      { name: 'series', datatype: 'FP32', shape: [data.length / 2, 2], data },
      { name: 'shop', datatype: 'FP32', shape: [1, 3], data: [1, 2, 3] },
    ],
    parameters: { sequence_id: 1, ...flags },
  });
  const data = Array.from({ length: 12 }, (_, i) => i / 10);
  await outputs(app, body(data.slice(0, 6), start));
  const { json } = await post(app, infer, body(data.slice(6), end));
  const whole = net.inference<Record<string, Tensor>>({
    series: Tensor.from(Float32Array.from(data), [1, 6, 2]),
    shop: Tensor.from(Float32Array.of(1, 2, 3), [1, 3]),
  });
  const { outputs: answers } = json as InferAnswer;
  t.deepEqual(
    answers.map(({ name, shape }) => `${name} ${shape}`),
    ['sales.output 3,1', 'shelf.output 3,2'],
  );
  t.is(answers[0]!.data[2], whole.sales!.data[0]);
  t.deepEqual(answers[1]!.data.slice(4), [...whole.shelf!.data]);
  const shop = { name: 'shop', datatype: 'FP32', shape: [2, 3], data: [1, 2, 3, 1, 2, 3] };
  const two = { ...body(data.slice(0, 4), start), inputs: [body(data.slice(0, 4), {}).inputs[0], shop] };
  const refused = await post(app, infer, two);
  t.is(refused.status, 400);
  t.regex((refused.json as { error: string }).error, /'shop', which is no sequence/);
});

test('a decoder goes on from request to request, with the source of the first one', async (t) => {
  const inputs = [input([5, 3], { name: 'source' }), input([6, 4], { name: 'target' })] as const;
  const read = new BidirectionalLayer(new GruLayer(2, { returnSequences: true })).apply(inputs[0]);
  const placed = new PositionalEncodingLayer().apply(inputs[1]);
  const decoded = [new TransformerDecoderLayer({ heads: 2, feedForward: 5 }).apply([placed, read])];
  const params = new HyperParameters({ netType: 'fitting', dtype: 'float64', seed: 4 });
  const net = NeuralNet.fromGraph({ inputs: [...inputs], outputs: decoded }, params, 'decoder');
  const app = await servingApp(t, { models: [{ name: 'm', net }] });
  const sources = [randomTensor([1, 5, 3], 1), randomTensor([1, 5, 3], 2)];
  const targets = [randomTensor([1, 6, 4], 3), randomTensor([1, 6, 4], 4)];
  const body = (id: number, [from, to]: readonly [number, number], flags: object, withSource = false) => {
    const data = [...targets[id - 1]!.data.slice(4 * from, 4 * to)];
    const target = { name: 'target', datatype: 'FP64', shape: [to - from, 4], data };
    const source = { name: 'source', datatype: 'FP64', shape: [1, 5, 3], data: [...sources[id - 1]!.data] };
    return { inputs: withSource ? [source, target] : [target], parameters: { sequence_id: id, ...flags } };
  };
  const answers: Record<number, number[]> = { 1: [], 2: [] };
  const ask = async (id: number, range: readonly [number, number], flags: object, withSource = false) => {
    answers[id]!.push(...(await outputs(app, body(id, range, flags, withSource))));
  };
  await ask(1, [0, 2], start, true);
  await ask(2, [0, 1], start, true);
  await ask(1, [2, 3], {});
  await ask(2, [1, 6], {});
  await ask(1, [3, 6], {});
  for (const id of [1, 2]) {
    const whole = net.inference({ source: sources[id - 1]!, target: targets[id - 1]! });
    t.true(answers[id]!.every((value, i) => Math.abs(value - whole.data[i]!) < 1e-12));
    t.is(answers[id]!.length, whole.size);
  }
  const full = await post(app, infer, body(1, [0, 1], {}));
  t.is(full.status, 400);
  t.regex((full.json as { error: string }).error, /at most 6 for the steps of a sequence/);
  const missing = await post(app, infer, body(1, [0, 1], start));
  t.is(missing.status, 400);
  t.regex((missing.json as { error: string }).error, /first step of a sequence for input 'source'/);
});

test('a model that is loaded again ends its sequences', async (t) => {
  const file = join(await temporaryFolder(t), 'net.safetensors');
  await (await seriesNet()).save(file);
  const app = await servingApp(t, { models: [{ name: 'm', file }] });
  await outputs(app, steps('a', 0, 2, start));
  t.is((await post(app, '/v2/repository/models/m/load', {})).status, 200);
  t.is(await openSequences(app), 0);
  const { status, json } = await post(app, infer, steps('a', 2, 1));
  t.is(status, 404);
  t.regex((json as { error: string }).error, /when the model is loaded again/);
  await outputs(app, steps('a', 0, 2, start));
  t.is(await openSequences(app), 1);
  await post(app, '/v2/repository/models/m/unload', {});
  t.is(await openSequences(app), 0);
  t.is((await post(app, infer, steps('a', 2, 1))).status, 404);
});
