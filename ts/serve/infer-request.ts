import { lengthIn } from './body.js';
import { parseBounded } from './bounded-json.js';
import { isNumeric } from './datatypes.js';
import { KnownRequests } from './known-requests.js';
import { type ListedText, listAt, NumberList, readLists } from './number-lists.js';
import { badRequest, Problem, wrong } from './problem.js';

/** An input of a request. */
export interface InputTensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  /** The number of elements of the shape. */
  readonly size: number;
  /** A list from JSON whose elements are not checked yet, or bytes. Valid until the next request is parsed. */
  readonly data: readonly unknown[] | NumberList | Uint8Array;
}

export interface RequestedOutput {
  readonly name: string;
  /** Whether it is answered in bytes; undefined where the request does not say so. */
  readonly isBinary: boolean | undefined;
}

/** A request for inference. Everything but the data is checked. */
export interface InferRequest {
  readonly id: string | undefined;
  readonly inputs: readonly InputTensor[];
  /** All where undefined. */
  readonly outputs: readonly RequestedOutput[] | undefined;
  /** Whether outputs are answered in bytes unless they say otherwise. */
  readonly isBinary: boolean;
  /** Milliseconds from the request's arrival to a 504, if it has a limit of its own. */
  readonly timeoutMs: number | undefined;
  /** The sequence whose next steps it brings. */
  readonly sequence: SequenceParameters | undefined;
}

/** A request's place in a sequence. */
export interface SequenceParameters {
  readonly id: string | number;
  readonly isStart: boolean;
  readonly isEnd: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

const mostInputs = 4096;
const mostDimensions = 8;
const mostIdLength = 128;
const known = new KnownRequests();

/**
 * Parses a body: JSON, or so many bytes of JSON as the header says, with binary tensors behind it.
 * @param jsonLength - the header Inference-Header-Content-Length
 * @param isSingle - whether numbers may be rounded to single precision
 * @throws Problem 400 for a body that is no request for inference
 */
export function readInferRequest(
  body: Buffer | undefined,
  jsonLength: string | undefined,
  isSingle: boolean,
): InferRequest {
  if (!body || body.length === 0) throw badRequest('the body', 'JSON', 'nothing');
  const end = jsonLength === undefined ? body.length : lengthOf(jsonLength, body.length);
  const json = body.subarray(0, end);
  const listed = readLists(json, isSingle);
  const binary = body.subarray(end);
  const similar = known.find(listed, binary);
  if (similar) return similar;
  const request = checkedRequest(parse(listed, json), binary);
  known.keep(listed, binary, request);
  return request;
}

function checkedRequest(value: unknown, bytes: Buffer): InferRequest {
  const request = objectOf('the body', value);
  const { id, inputs, outputs } = request;
  // Optional fields may be null, as some clients write them.
  if (id !== undefined && id !== null && typeof id !== 'string') throw wrong('id', 'a string', id);
  if (!Array.isArray(inputs) || inputs.length === 0 || inputs.length > mostInputs)
    throw wrong('inputs', `a list of 1 to ${mostInputs} tensors`, inputs);
  const binary = new BinaryPart(bytes);
  const checked = inputs.map((input, i) => inputOf(input, i, binary));
  binary.requireEnd();
  requireDifferent('inputs', checked);
  const parameters = parametersOf('parameters', request.parameters);
  return {
    id: id ?? undefined,
    inputs: checked,
    outputs: outputsOf(outputs),
    isBinary: flag('binary_data_output', parameters, 'parameters') ?? false,
    timeoutMs: timeoutOf(parameters),
    sequence: sequenceOf(parameters),
  };
}

/** Parameters of a request, an input or an output; none where they are null or undefined. */
function parametersOf(where: string, value: unknown): Fields {
  return value === undefined || value === null ? {} : objectOf(where, value);
}

/** The parameter timeout, which is given in microseconds; 0 is none, as in Triton. */
function timeoutOf({ timeout }: Fields): number | undefined {
  if (timeout === undefined || timeout === null || timeout === 0) return undefined;
  if (!Number.isSafeInteger(timeout) || (timeout as number) < 0)
    throw wrong('parameters.timeout', 'a whole number of microseconds', timeout);
  return (timeout as number) / 1000;
}

/** The parameters sequence_id, sequence_start and sequence_end; the ids 0 and '' are none, as in Triton. */
function sequenceOf(parameters: Fields): SequenceParameters | undefined {
  const id = parameters.sequence_id ?? 0;
  const isId = typeof id === 'string' ? id.length <= mostIdLength : Number.isSafeInteger(id) && (id as number) >= 0;
  const expected = `a whole number up to 2^53 − 1, or a string of at most ${mostIdLength} characters`;
  if (!isId) throw wrong('parameters.sequence_id', expected, id);
  const isStart = flag('sequence_start', parameters, 'parameters') ?? false;
  const isEnd = flag('sequence_end', parameters, 'parameters') ?? false;
  if (id !== 0 && id !== '') return { id: id as string | number, isStart, isEnd };
  if (isStart || isEnd) throw badRequest('parameters.sequence_id', 'an id, since a sequence starts or ends', 'none');
  return undefined;
}

/** The bytes behind the JSON of a body, taken tensor by tensor. */
class BinaryPart {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  take(size: unknown, where: string): Buffer {
    const left = this.#bytes.length - this.#at;
    if (!Number.isSafeInteger(size) || (size as number) < 0 || (size as number) > left)
      throw wrong(`${where}.parameters.binary_data_size`, `a whole number up to the ${left} bytes that are left`, size);
    this.#at += size as number;
    return this.#bytes.subarray(this.#at - (size as number), this.#at);
  }

  requireEnd(): void {
    const left = this.#bytes.length - this.#at;
    if (left > 0)
      throw badRequest('the body', 'inputs with binary_data_size for all bytes behind the JSON', `${left} more`);
  }
}

function inputOf(value: unknown, i: number, binary: BinaryPart): InputTensor {
  const where = `inputs[${i}]`;
  const { name, datatype, shape, data, parameters } = objectOf(where, value);
  if (typeof name !== 'string') throw wrong(`${where}.name`, 'a string', name);
  if (typeof datatype !== 'string' || !(isNumeric(datatype) || datatype === 'BYTES'))
    throw wrong(`${where}.datatype`, "'FP32' or another datatype of the Open Inference Protocol", datatype);
  const size = sizeOf(`${where}.shape`, shape);
  const binarySize = parametersOf(`${where}.parameters`, parameters).binary_data_size ?? undefined;
  if (binarySize === undefined) {
    if (!(Array.isArray(data) || data instanceof NumberList)) throw wrong(`${where}.data`, 'a list', data);
  } else if (data !== undefined && data !== null) throw badRequest(where, 'either data or binary_data_size', 'both');
  const bytes = binarySize === undefined ? undefined : binary.take(binarySize, where);
  return { name, datatype, shape: shape as readonly number[], size, data: bytes ?? (data as InputTensor['data']) };
}

function sizeOf(where: string, shape: unknown): number {
  const isShape =
    Array.isArray(shape) &&
    shape.length >= 1 &&
    shape.length <= mostDimensions &&
    shape.every((length) => Number.isSafeInteger(length) && length >= 1);
  const size = isShape ? (shape as number[]).reduce((product, length) => product * length, 1) : Number.NaN;
  if (!(size < 2 ** 31))
    throw wrong(where, `1 to ${mostDimensions} whole numbers above 0, of a product below 2^31`, shape);
  return size;
}

function outputsOf(value: unknown): RequestedOutput[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value) || value.length > mostInputs) throw wrong('outputs', 'a list of outputs', value);
  // An empty list asks for all, as in other servers.
  if (value.length === 0) return undefined;
  const outputs = value.map((output, i) => {
    const where = `outputs[${i}]`;
    const { name, parameters } = objectOf(where, output);
    if (typeof name !== 'string') throw wrong(`${where}.name`, 'a string', name);
    const given = parametersOf(`${where}.parameters`, parameters);
    return { name, isBinary: flag('binary_data', given, `${where}.parameters`) };
  });
  requireDifferent('outputs', outputs);
  return outputs;
}

function flag(name: string, parameters: Fields, where: string): boolean | undefined {
  const value = parameters[name] ?? undefined;
  if (value !== undefined && typeof value !== 'boolean') throw wrong(`${where}.${name}`, 'true or false', value);
  return value;
}

function requireDifferent(what: string, tensors: readonly { readonly name: string }[]): void {
  if (tensors.length > 1 && new Set(tensors.map(({ name }) => name)).size < tensors.length)
    throw badRequest(what, 'different names', 'the same name twice');
}

function lengthOf(header: string, most: number): number {
  const length = lengthIn(header);
  if (length > most)
    throw wrong('Inference-Header-Content-Length', `a whole number up to the body's ${most} bytes`, header);
  return length;
}

/** Parses JSON; the inputs' data become {@link NumberList}s where they are lists of numbers. */
function parse({ text, lists }: ListedText, bytes: Buffer): unknown {
  try {
    const value = parseBounded(text);
    return lists.length === 0 || giveLists(value, lists) ? value : parseBounded(bytes.toString());
  } catch (cause) {
    if (cause instanceof Problem) throw cause;
    throw new Problem(400, `Expected JSON for the body but received other text: ${(cause as Error).message}`);
  }
}

/** Gives inputs their lists; false where a list is no input's data. */
function giveLists(value: unknown, lists: readonly NumberList[]): boolean {
  const inputs = (value as { readonly inputs?: unknown } | null)?.inputs;
  if (!Array.isArray(inputs)) return false;
  let given = 0;
  for (const input of inputs as ({ data?: unknown } | null)[]) {
    const list = listAt(lists, input?.data);
    if (!list) continue;
    input!.data = list;
    given++;
  }
  return given === lists.length;
}

function objectOf(where: string, value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(where, 'an object', value);
  return value as Fields;
}
