import { inputsOf, type Workload } from '../workloads.js';

/** How a request brings its numbers: as text, or in bytes behind the JSON. */
export type BodyFormat = 'JSON' | 'binary';

/** A request for the prediction of one row by the Open Inference Protocol. */
export interface RowRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What the model is called on every server. */
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
