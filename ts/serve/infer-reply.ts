import { littleEndianBytes } from '../core/number-formats.js';
import type { Answers } from '../inference/row-predictor.js';
import type { Tensor } from '../tensor/tensor.js';
import { type AnswerPart, answerOf } from './description.js';
import type { InferRequest } from './infer-request.js';
import { badRequest, Problem } from './problem.js';

/** An output of a reply. */
export interface WantedOutput extends AnswerPart {
  readonly isBinary: boolean;
  /** The start of its JSON. */
  readonly start: string;
}

/** The outputs of replies to requests that name none. */
export interface AllOutputs {
  readonly parts: readonly AnswerPart[];
  readonly inJson: readonly WantedOutput[];
  readonly inBytes: readonly WantedOutput[];
}

/** Prepares the outputs of a net for its replies. */
export function allOutputs(parts: readonly AnswerPart[]): AllOutputs {
  const all = (isBinary: boolean) => parts.map((part) => wantedOutput(part, isBinary));
  return { parts, inJson: all(false), inBytes: all(true) };
}

function wantedOutput(part: AnswerPart, isBinary: boolean): WantedOutput {
  return { ...part, isBinary, start: `{"name":${JSON.stringify(part.name)},"shape":[` };
}

/** The body of an answer. */
export interface InferReply {
  readonly body: string | Buffer;
  /** Bytes of JSON at the body's start; undefined where no binary tensors follow. */
  readonly jsonLength: number | undefined;
}

/**
 * Returns the outputs that a request asks for, or all.
 * @throws Problem 400 for an unknown output
 */
export function wantedOutputs(
  { parts, inJson, inBytes }: AllOutputs,
  { outputs, isBinary }: InferRequest,
): readonly WantedOutput[] {
  if (!outputs) return isBinary ? inBytes : inJson;
  return outputs.map((output) => {
    const part = parts.find(({ name }) => name === output.name);
    if (part) return wantedOutput(part, output.isBinary ?? isBinary);
    const names = parts.map(({ name }) => name).join(', ');
    throw badRequest('outputs', `names among ${names}`, `'${output.name.slice(0, 60)}'`);
  });
}

/**
 * Writes the answer for some rows of a prediction.
 * @param head - the start of the JSON: `{"model_name":…,"model_version":…`
 * @throws Problem 422 for outputs in JSON that are not finite
 */
export function writeReply(
  head: string,
  id: string | undefined,
  wanted: readonly WantedOutput[],
  answers: Answers,
  first: number,
  rows: number,
): InferReply {
  const bytes: Buffer[] = [];
  let json = id === undefined ? `${head},"outputs":[` : `${head},"id":${JSON.stringify(id)},"outputs":[`;
  for (const [i, part] of wanted.entries()) {
    if (i > 0) json += ',';
    json += part.start;
    json += part.isClass ? classTensor(part, answers, first, rows, bytes) : tensor(part, answers, first, rows, bytes);
  }
  json += ']}';
  if (bytes.length === 0) return { body: json, jsonLength: undefined };
  const start = Buffer.from(json);
  return { body: Buffer.concat([start, ...bytes]), jsonLength: start.length };
}

/** The rest of the JSON of an output, from its shape on. Bytes of a binary one are added to `bytes`. */
function tensor(part: WantedOutput, answers: Answers, first: number, rows: number, bytes: Buffer[]): string {
  const { outputs } = answerOf(answers, part);
  const { shape, dtype } = outputs;
  let start = `${rows}`;
  for (let i = 1; i < shape.length; i++) start += `,${shape[i]}`;
  start += dtype === 'float64' ? '],"datatype":"FP64",' : '],"datatype":"FP32",';
  if (!part.isBinary) return `${start}"data":${jsonOf(outputs, first, rows)}}`;
  return start + binaryPart(numberBytes(outputs, first, rows), bytes);
}

function classTensor(part: WantedOutput, answers: Answers, first: number, rows: number, bytes: Buffer[]): string {
  const names = answerOf(answers, part).classes!.slice(first, first + rows);
  const start = `${rows}],"datatype":"BYTES",`;
  if (!part.isBinary) return `${start}"data":${JSON.stringify(names)}}`;
  return start + binaryPart(bytesOfTexts(names), bytes);
}

function binaryPart(part: Buffer, bytes: Buffer[]): string {
  bytes.push(part);
  return `"parameters":{"binary_data_size":${part.length}}}`;
}

function jsonOf({ data, rowSize }: Tensor, first: number, rows: number): string {
  const last = (first + rows) * rowSize - 1;
  let text = '[';
  for (let i = first * rowSize; i < last; i++) text += `${finite(data[i]!)},`;
  return `${text}${finite(data[last]!)}]`;
}

function finite(number: number): number {
  if (number - number === 0) return number;
  throw new Problem(422, `Expected inputs with finite outputs but received inputs that lead to ${number}`);
}

function numberBytes({ data, rowSize }: Tensor, first: number, rows: number): Buffer {
  return littleEndianBytes(data.subarray(first * rowSize, (first + rows) * rowSize));
}

function bytesOfTexts(texts: readonly string[]): Buffer {
  const lengths = texts.map((text) => Buffer.byteLength(text));
  const bytes = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + 4 + length, 0));
  let at = 0;
  for (const [i, text] of texts.entries()) {
    at = bytes.writeUInt32LE(lengths[i]!, at);
    at += bytes.write(text, at);
  }
  return bytes;
}
