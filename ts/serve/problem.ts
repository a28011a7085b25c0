import { BlasnetError, type ErrorCode } from '../errors.js';

/** Why a request is not served, as its status code and text. */
export class Problem extends Error {
  override readonly name = 'Problem';

  constructor(
    readonly statusCode: number,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A 400 in the form that all messages share. */
export function badRequest(name: string, expected: string, received: string): Problem {
  return new Problem(400, `Expected ${expected} for ${name} but received ${received}`);
}

const statusOf: Readonly<Partial<Record<ErrorCode, number>>> = {
  ERR_BAD_ARGUMENT: 400,
  ERR_SHAPE_MISMATCH: 400,
  ERR_NET_BUSY: 503,
};

/** The status and text of an answer to a request on which something was thrown. */
export function answerTo(error: unknown): { readonly status: number; readonly message: string } {
  if (error instanceof BlasnetError) return { status: statusOf[error.code] ?? 500, message: error.message };
  const { statusCode, message } = error as { readonly statusCode?: unknown; readonly message?: unknown };
  if (typeof statusCode === 'number' && statusCode >= 400) return { status: statusCode, message: String(message) };
  return { status: 500, message: 'Internal error' };
}
