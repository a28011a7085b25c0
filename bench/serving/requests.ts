import { inputsOf, type Workload } from '../workloads.js';

/** The form of a request's numbers: text, or bytes behind the JSON. */
export type BodyFormat = 'JSON' | 'binary';

/** A request for the prediction of one row by the Open Inference Protocol. */
export interface RowRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** The model's name on every server. */
export const modelName = 'm';
export const inferPath = `/v2/models/${modelName}/infer`;

/** A request for each row of x. Numbers are written as clients do that divide pixels by 255 in double precision. */
export function requestsFor(workload: Workload, x: Float32Array, format: BodyFormat): RowRequest[] {
  const width = inputsOf(workload);
  return Array.from({ length: x.length / width }, (_, row) => {
    const numbers = x.subarray(row * width, (row + 1) * width);
    return format === 'JSON' ? inJson(numbers) : inBytes(numbers);
  });
}

/** Requests in JSON with several rows of so many numbers each; numbers have three decimals. */
export function requestsOfRows(rows: number, width: number): RowRequest[] {
  const numbers = Array.from({ length: rows * width }, (_, i) => Math.round(1000 * Math.sin(i)) / 1000);
  const input = { name: 'input', datatype: 'FP32', shape: [rows, width], data: numbers };
  return [{ headers: { 'Content-Type': 'application/json' }, body: Buffer.from(JSON.stringify({ inputs: [input] })) }];
}

/** Bodies that take a server long that parses them: 16 MB of brackets, and as many small objects as its limit lets in. */
export const hostileBodies = ['16 MB of [', '1 MB of small objects'] as const;
export type HostileBody = (typeof hostileBodies)[number];

/** A request with a hostile body. */
export function hostileRequest(kind: HostileBody): RowRequest {
  const objects = () => `[${Array.from({ length: 80_000 }, (_, i) => `{"${i.toString(36)}x":0}`).join()}]`;
  const body = Buffer.from(kind === '16 MB of [' ? '['.repeat(16 << 20) : objects().slice(0, 1 << 20));
  return { headers: { 'Content-Type': 'application/json' }, body };
}

const tensorOf = (numbers: Float32Array) => ({ name: 'input', datatype: 'FP32', shape: [1, numbers.length] });

function inJson(numbers: Float32Array): RowRequest {
  const data = Array.from(numbers, (number) => Math.round(number * 255) / 255);
  return {
    headers: { 'Content-Type': 'application/json' },
    body: Buffer.from(JSON.stringify({ inputs: [{ ...tensorOf(numbers), data }] })),
  };
}

function inBytes(numbers: Float32Array): RowRequest {
  const bytes = Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  const parameters = { binary_data_size: bytes.length };
  const json = Buffer.from(
    JSON.stringify({ inputs: [{ ...tensorOf(numbers), parameters }], parameters: { binary_data_output: true } }),
  );
  return {
    headers: { 'Content-Type': 'application/octet-stream', 'Inference-Header-Content-Length': String(json.length) },
    body: Buffer.concat([json, bytes]),
  };
}

interface Answered {
  readonly outputs: readonly {
    readonly name: string;
    readonly data?: readonly number[];
    readonly parameters?: { readonly binary_data_size: number };
  }[];
}

/** The numbers of the first output in an answer's body. */
export function numbersIn(body: Buffer, jsonLength: number | undefined): number[] {
  const { outputs } = JSON.parse(body.toString('utf8', 0, jsonLength)) as Answered;
  const [first] = outputs;
  if (first?.data) return [...first.data];
  const size = first?.parameters?.binary_data_size ?? 0;
  return Array.from({ length: size / 4 }, (_, i) => body.readFloatLE((jsonLength ?? 0) + 4 * i));
}
