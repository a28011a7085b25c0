import { littleEndianBytes } from '../core/number-formats.js';
import type { Answers } from '../inference/row-predictor.js';
import type { Tensor } from '../tensor/tensor.js';
import { type AnswerPart, answerOf } from './description.js';
import type { InferRequest } from './infer-request.js';
import { badRequest, Problem } from './problem.js';
import type { ServedNet } from './served-net.js';

/** An output of a reply. */
export interface WantedOutput extends AnswerPart {
  readonly isBinary: boolean;
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
  { parts }: Pick<ServedNet, 'parts'>,
  { outputs, isBinary }: InferRequest,
): WantedOutput[] {
  if (!outputs) return parts.map((part) => ({ ...part, isBinary }));
  return outputs.map((output) => {
    const part = parts.find(({ name }) => name === output.name);
    if (part) return { ...part, isBinary: output.isBinary ?? isBinary };
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
  const parts: Buffer[] = [];
  const tensors = wanted.map((part) => {
    const { name, isClass, isBinary } = part;
    const { outputs, classes } = answerOf(answers, part);
    const shape = isClass ? `${rows}` : [rows, ...outputs.shape.slice(1)].join(',');
    const datatype = isClass ? 'BYTES' : outputs.dtype === 'float64' ? 'FP64' : 'FP32';
    const start = `{"name":${JSON.stringify(name)},"shape":[${shape}],"datatype":"${datatype}",`;
    const names = isClass ? classes!.slice(first, first + rows) : [];
    if (!isBinary) return `${start}"data":${isClass ? JSON.stringify(names) : jsonOf(outputs, first, rows)}}`;
    const bytes = isClass ? bytesOfTexts(names) : numberBytes(outputs, first, rows);
    parts.push(bytes);
    return `${start}"parameters":{"binary_data_size":${bytes.length}}}`;
  });
  const name = id === undefined ? '' : `,"id":${JSON.stringify(id)}`;
  const json = `${head}${name},"outputs":[${tensors.join(',')}]}`;
  if (parts.length === 0) return { body: json, jsonLength: undefined };
  const start = Buffer.from(json);
  return { body: Buffer.concat([start, ...parts]), jsonLength: start.length };
}

function jsonOf({ data, rowSize }: Tensor, first: number, rows: number): string {
  let text = '[';
  const end = (first + rows) * rowSize;
  for (let i = first * rowSize; i < end; i++) {
    const number = data[i]!;
    if (!Number.isFinite(number))
      throw new Problem(422, `Expected inputs with finite outputs but received inputs that lead to ${number}`);
    text += i + 1 < end ? `${number},` : number;
  }
  return `${text}]`;
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
