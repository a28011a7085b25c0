import { BlasnetError, type ErrorCode } from 'blasnet';

/** What `t.throws` and `t.throwsAsync` should look for. */
export function blasnetError(code: ErrorCode, message: RegExp) {
  return { instanceOf: BlasnetError, code, message };
}

export const badArgument = (message: RegExp) => blasnetError('ERR_BAD_ARGUMENT', message);
export const shapeMismatch = (message: RegExp) => blasnetError('ERR_SHAPE_MISMATCH', message);
export const badFile = (message: RegExp) => blasnetError('ERR_BAD_FILE', message);
export const busy = (message: RegExp) => blasnetError('ERR_NET_BUSY', message);
export const notFinite = (message: RegExp) => blasnetError('ERR_NOT_FINITE', message);

/** For tests of what types forbid and JavaScript allows. */
export function untyped<T>(value: unknown): T {
  return value as T;
}
