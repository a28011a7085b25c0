import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import test from 'ava';
import { startServer } from 'blasnet/serve';
import type { FastifyInstance } from 'fastify';
import { jsonBounds, parseBounded } from '#blasnet/serve/bounded-json';
import { fittingNet } from '../support/nets.js';
import { type InferAnswer, inputOf, post, servingApp } from '../support/serving.js';

const infer = '/v2/models/m/infer';
const MiB = 1 << 20;
const errorOf = (answer: { json: unknown }) => (answer.json as { error: string }).error;

async function send(app: FastifyInstance, payload: Buffer, headers: Record<string, string>) {
  const { statusCode, body, headers: answered } = await app.inject({ method: 'POST', url: infer, payload, headers });
  return { status: statusCode, json: JSON.parse(body) as unknown, headers: answered };
}

test('JSON above its limit is refused before it is read; binary tensors have the larger limit', async (t) => {
  const net = fittingNet([2, 1]);
  const app = await servingApp(t, { models: [{ name: 'm', net }], maxRows: 300_000, maxQueue: 300_000 });
  const tooLarge = await post(app, infer, '['.repeat(16 * MiB));
  t.is(tooLarge.status, 413);
  t.is(
    errorOf(tooLarge),
    'Expected at most 1048576 bytes for a body of JSON but received more: send binary tensors, fewer rows, or raise the option jsonLimit',
  );
  // The client keeps its connection, on which it may still be sending.
  t.not(tooLarge.headers.connection, 'close');
  const bytes = Buffer.alloc(2 * MiB);
  const input = { name: 'input', datatype: 'FP32', shape: [MiB / 4, 2], parameters: { binary_data_size: 2 * MiB } };
  const json = Buffer.from(JSON.stringify({ inputs: [input], outputs: [{ name: 'output' }] }));
  const binary = await send(app, Buffer.concat([json, bytes]), { 'inference-header-content-length': `${json.length}` });
  t.is(binary.status, 200);
  t.deepEqual((binary.json as InferAnswer).outputs[0]!.shape, [MiB / 4, 1]);
  const hidden = await send(app, Buffer.alloc(2 * MiB, '['), { 'inference-header-content-length': `${2 * MiB}` });
  t.is(hidden.status, 413);
  t.regex(errorOf(hidden), /at most 1048576 bytes of JSON before binary tensors/);
});

test('the limits are options', async (t) => {
  const net = fittingNet([2, 1]);
  const app = await servingApp(t, { models: [{ name: 'm', net }], jsonLimit: 200, bodyLimit: 1000 });
  const padded = (length: number) => JSON.stringify(inputOf([1, 2], [1, 2])).padEnd(length);
  t.is((await post(app, infer, padded(200))).status, 200);
  t.is((await post(app, infer, padded(201))).status, 413);
  const length = { 'inference-header-content-length': '100' };
  t.regex(errorOf(await send(app, Buffer.alloc(1000), length)), /^Expected JSON/);
  const cut = await send(app, Buffer.alloc(1001), length);
  t.is(cut.status, 413);
  t.is(cut.headers.connection, 'close');
});

test('deep JSON, and more lists, objects or keys than requests need, are refused before they are parsed', (t) => {
  const { depth, lists, objects, keys } = jsonBounds;
  const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
  const many = (count: number, one: string) => `[${Array(count).fill(one).join()}]`;
  const keysOf = (count: number) => `{${Array.from({ length: count }, (_, i) => `"${i}":0`).join()}}`;
  for (const fitting of [nested(depth), many(lists - 1, '[]'), many(objects, '{}'), keysOf(keys)])
    t.deepEqual(parseBounded(fitting), JSON.parse(fitting));
  // Text that is not JSON: JSON.parse would answer with a SyntaxError.
  const beyond: [string, RegExp][] = [
    ['['.repeat(depth + 1), /at most 32 lists and objects within each other for the JSON but received more/],
    ['{"a":'.repeat(depth + 1), /at most 32 lists and objects within each other/],
    [many(lists, '[]').slice(0, -1), /at most 131072 lists/],
    [many(objects + 1, '{}').slice(0, -1), /at most 16384 objects/],
    [keysOf(keys + 1).slice(0, -1), /at most 65536 keys/],
  ];
  for (const [text, message] of beyond) t.throws(() => parseBounded(text), { name: 'Problem', message });
  for (const text of ['"[[[["', '"\\"[{"', '["\\\\",{"\\\\\\"[":"]"}]'].map((one) => `[${many(9, one)}]`))
    t.deepEqual(parseBounded(text), JSON.parse(text));
  t.throws(() => parseBounded('"[[['), { instanceOf: SyntaxError });
});

test('a deep body within the limit is refused by its depth', async (t) => {
  const app = await servingApp(t, { models: [{ name: 'm', net: fittingNet([2, 1]) }] });
  for (const body of [
    '['.repeat(MiB),
    `{"inputs":[{"data":${'['.repeat(MiB / 2)}`,
    `{"data":[1],"a":${'['.repeat(99)}`,
  ]) {
    const answer = await post(app, infer, body);
    t.is(answer.status, 400);
    t.regex(
      errorOf(answer),
      /^Expected at most 32 lists and objects within each other for the JSON but received more$/,
    );
  }
});

test('bodies in gzip and deflate', async (t) => {
  const net = fittingNet([2, 1]);
  const app = await servingApp(t, { models: [{ name: 'm', net }] });
  const request = Buffer.from(JSON.stringify(inputOf([1, 2], [1, 2])));
  const expected = (await post(app, infer, request)).json;
  const packed: [string, Buffer][] = [
    ['gzip', gzipSync(request)],
    ['GZIP', gzipSync(request)],
    ['x-gzip', gzipSync(request)],
    ['deflate', deflateSync(request)],
    ['deflate', deflateRawSync(request)],
    ['identity', request],
  ];
  for (const [encoding, bytes] of packed)
    t.deepEqual(await send(app, bytes, { 'content-encoding': encoding }).then(({ json }) => json), expected, encoding);
  // The length of the JSON is that of the unpacked body.
  const input = { name: 'input', datatype: 'FP32', shape: [1, 2], parameters: { binary_data_size: 8 } };
  const json = Buffer.from(JSON.stringify({ inputs: [input] }));
  const body = Buffer.concat([json, new Uint8Array(Float32Array.of(1, 2).buffer)]);
  const headers = { 'content-encoding': 'gzip', 'inference-header-content-length': `${json.length}` };
  t.deepEqual((await send(app, gzipSync(body), headers)).json, expected);
});

test('compressed bodies that are too large, damaged, or of another kind', async (t) => {
  const app = await servingApp(t, { models: [{ name: 'm', net: fittingNet([2, 1]) }] });
  const bomb = await send(app, gzipSync(Buffer.alloc(64 * MiB, '[')), { 'content-encoding': 'gzip' });
  t.is(bomb.status, 413);
  t.regex(errorOf(bomb), /at most 1048576 bytes for a body of JSON/);
  const damaged = await send(app, Buffer.from('{}'), { 'content-encoding': 'gzip' });
  t.is(damaged.status, 400);
  t.regex(errorOf(damaged), /^Expected gzip for the body but received other bytes/);
  for (const encoding of ['compress', 'gzip, gzip', '__proto__']) {
    const { status, json } = await send(app, Buffer.from('{}'), { 'content-encoding': encoding });
    t.is(status, 415);
    t.deepEqual(json, { error: `Expected gzip or deflate for Content-Encoding but received '${encoding}'` });
  }
});

test('an upload that is not complete after timeoutMs ends with 408, and headers are checked as often', async (t) => {
  const net = fittingNet([2, 1]);
  const server = await startServer({ models: [{ name: 'm', net }], port: 0, timeoutMs: 2000 });
  t.teardown(() => server.close());
  const { port, hostname, host } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  socket.write(`POST ${infer} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 100\r\n\r\n{"inputs"`);
  const answer = await text(socket);
  t.regex(answer, /^HTTP\/1\.1 408 /);
  t.regex(answer, /connection: close/i);
  t.true(answer.endsWith('{"error":"Expected a whole body within 2000 ms but received a part"}'), answer);
  const { headersTimeout, connectionsCheckingInterval } = server.app.server as {
    readonly headersTimeout: number;
    readonly connectionsCheckingInterval?: number;
  };
  t.is(headersTimeout, 2000);
  t.true(connectionsCheckingInterval! <= 2000);
});
