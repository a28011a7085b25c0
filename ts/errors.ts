/** What went wrong, for programs; the message is for people. */
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
  | 'ERR_NATIVE_LOAD';

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

/** An `ERR_BAD_ARGUMENT` in the form that all messages share. */
export function badArgument(name: string, expected: string, received: unknown): BlasnetError {
  const message = `Expected ${clipped(expected)} for ${clipped(name)} but received ${describe(received)}`;
  return new BlasnetError('ERR_BAD_ARGUMENT', message);
}

/** An `ERR_SHAPE_MISMATCH` in the form that all messages share. */
export function shapeMismatch(name: string, expected: string, received: string): BlasnetError {
  return new BlasnetError('ERR_SHAPE_MISMATCH', `Expected ${expected} for ${name} but received ${received}`);
}

/** What somebody else's error says, to be quoted in a message of ours. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Text that may come from a file, or from anywhere, as long as a message can bear; names bear less. */
export function clipped(text: string, most = 500): string {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}

/** A value as it should appear in a message: short, with its type where that is the point. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return `'${clipped(value, 60)}'`;
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return `a function`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (value !== null && typeof value === 'object') {
    const name: unknown = value.constructor?.name; // JSON may say anything
    return `an instance of ${typeof name === 'string' ? clipped(name, 60) : 'Object'}`;
  }
  return String(value);
}
