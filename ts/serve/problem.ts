import { BlasnetError, type ErrorCode } from '../core/errors.js';

interface ProblemOptions extends ErrorOptions {
  /** Headers of the answer. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Why a request is not served: the status code, the text and further headers of the answer. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    readonly statusCode: number,
    message: string,
    { headers = {}, ...options }: ProblemOptions = {},
  ) {
    super(message, options);
    this.headers = headers;
  }
}

/** Makes a 400 in the form that all messages share. */
export function badRequest(name: string, expected: string, received: string): Problem {
  return new Problem(400, `Expected ${expected} for ${name} but received ${received}`);
}

/** Makes a 400 that shows the value that was received. */
export function wrong(name: string, expected: string, value: unknown): Problem {
  return badRequest(name, expected, shown(value));
}

/** Writes a value of a request as it appears in messages: short, and without the elements of lists and objects. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = typeof value === 'string' ? `'${value}'` : String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

const statusOf: Readonly<Partial<Record<ErrorCode, number>>> = {
  ERR_BAD_ARGUMENT: 400,
  ERR_SHAPE_MISMATCH: 400,
  ERR_NET_BUSY: 503,
};

interface ProblemAnswer {
  readonly status: number;
  readonly message: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Returns the answer to a request that ended with this error. */
export function answerTo(error: unknown): ProblemAnswer {
  return { ...statusAndMessage(error), headers: error instanceof Problem ? error.headers : {} };
}

function statusAndMessage(error: unknown): { readonly status: number; readonly message: string } {
  if (error instanceof BlasnetError) return { status: statusOf[error.code] ?? 500, message: error.message };
  const { statusCode, message } = error as { readonly statusCode?: unknown; readonly message?: unknown };
  if (typeof statusCode === 'number' && statusCode >= 400) return { status: statusCode, message: String(message) };
  return { status: 500, message: 'Internal error' };
}

/** Converts the problem of a request to the error of a call. */
export function withoutStatus(error: unknown): unknown {
  if (!(error instanceof Problem)) return error;
  if (error.cause instanceof BlasnetError) return error.cause;
  return new BlasnetError('ERR_BAD_ARGUMENT', error.message, { cause: error });
}
