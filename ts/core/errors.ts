/** The kind of an error, for programs; the message is for people. */
export type ErrorCode =
  /** A tensor, layer or file has another shape than the one needed. */
  | 'ERR_SHAPE_MISMATCH'
  /** A file is missing, truncated, of another format, or cannot be written. */
  | 'ERR_BAD_FILE'
  /** A value is of the wrong type, out of range, or an unknown name. */
  | 'ERR_BAD_ARGUMENT'
  /** The net is training or predicting; wait for that promise first. */
  | 'ERR_NET_BUSY'
  /** A loss, an input or a label is NaN or infinite. */
  | 'ERR_NOT_FINITE'
  /** The compiled addon, or an optional dependency, cannot be loaded. */
  | 'ERR_NATIVE_LOAD'
  /** Another process of a run under MPI has failed or ended. */
  | 'ERR_RANK_FAILED';

/**
 * The one error type that blasnet throws. Messages follow the form
 * "Expected X for name but received Y".
 */
export class BlasnetError extends Error {
  override readonly name = 'BlasnetError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/**
 * Creates an `ERR_BAD_ARGUMENT` error: "Expected X for name but received Y", followed by "; hint" if there is one.
 * @param hint - how to mend it, such as what `didYouMean` returns
 */
export function badArgument(name: string, expected: string, received: unknown, hint?: string): BlasnetError {
  const message = `Expected ${clipped(expected)} for ${clipped(name)} but received ${describe(received)}`;
  return new BlasnetError('ERR_BAD_ARGUMENT', hint === undefined ? message : `${message}; ${hint}`);
}

/** Creates an `ERR_SHAPE_MISMATCH` error in the same form. */
export function shapeMismatch(name: string, expected: string, received: string, hint?: string): BlasnetError {
  const message = `Expected ${expected} for ${name} but received ${received}`;
  return new BlasnetError('ERR_SHAPE_MISMATCH', hint === undefined ? message : `${message}; ${hint}`);
}

/**
 * Creates the `ERR_BAD_ARGUMENT` error of a call that needs another call before it.
 * @param needed - the call that is missing, such as `train()`
 */
export function callFirst(needed: string, call: string): BlasnetError {
  return new BlasnetError('ERR_BAD_ARGUMENT', `Call ${needed} before ${call}()`);
}

/** Returns the message of an error of any origin, to be quoted in one of our messages. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Shortens text from outside, such as from a file, to a length that fits into a message. */
export function clipped(text: string, most = 500): string {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}

/** Describes a value for a message: short, with its type where that matters. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return `'${clipped(value, 60)}'`;
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return `a function`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (value !== null && typeof value === 'object') {
    return `an instance of ${clipped(classNameOf(value), 60)}`;
  }
  return String(value);
}

/** The name of an object's class. Objects from outside may have any `constructor`, or one that throws. */
function classNameOf(value: object): string {
  try {
    const name: unknown = value.constructor?.name;
    return typeof name === 'string' && name !== '' ? name : 'Object';
  } catch {
    return 'Object';
  }
}

/** Returns the same error with a place in its message: "Expected X for name in layers[0] but received Y". */
export function placed(cause: BlasnetError, place: string): BlasnetError {
  const at = cause.message.indexOf(' but received ');
  const end = at < 0 ? cause.message.length : at;
  const message = `${cause.message.slice(0, end)} in ${place}${cause.message.slice(end)}`;
  return new BlasnetError(cause.code, message, { cause });
}
