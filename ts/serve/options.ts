import { badArgument } from '../errors.js';
import { checkOptions } from '../fields.js';
import { NeuralNet } from '../neural-net.js';

/** A net that is served: by its file, which can be loaded anew, or by itself. */
export interface ServedModel {
  /** Letters, digits, '_', '-' and '.'. */
  readonly name: string;
  /** What `net.save` or training with `checkpointFile` wrote, or an ONNX model (.onnx). Exactly one of `file` and `net`. */
  readonly file?: string | undefined;
  readonly net?: NeuralNet | undefined;
  /** Default '1'. Requests that name none get the greatest, digits compared as numbers. */
  readonly version?: string | undefined;
}

export interface ServeOptions {
  readonly models: readonly ServedModel[];
  /** Rows of a batch at the most; default 64. A request with more rows is a batch of its own. */
  readonly maxBatch?: number | undefined;
  /** Milliseconds that a row waits for others at the most; default 1. 0: until the event loop turns. */
  readonly maxDelayMs?: number | undefined;
  /** Rows of a model that wait or are computed; default 1024. Beyond it requests are answered 503. */
  readonly maxQueue?: number | undefined;
  /** Milliseconds from a request's arrival to a 504; default 30000. */
  readonly timeoutMs?: number | undefined;
  /** Rows of a request; default 1024, at most `maxQueue`. Beyond it requests are answered 413. */
  readonly maxRows?: number | undefined;
  /** Bytes of a request's body with binary tensors; default 16 MiB. Beyond it requests are answered 413. */
  readonly bodyLimit?: number | undefined;
  /**
   * Bytes of JSON in a request, at most `bodyLimit`; default 1 MiB. Beyond it requests are answered 413 before they are
   * read. The event loop is busy while JSON is parsed: 15 to 60 ms for a MiB.
   */
  readonly jsonLimit?: number | undefined;
  /** Where given, requests other than those for health must bring it: `Authorization: Bearer TOKEN`. */
  readonly token?: string | undefined;
  /** Whether there is a page at `/`; default true. */
  readonly page?: boolean | undefined;
}

/** The names of all options. */
export const serveOptionNames = [
  ...([
    'models',
    'maxBatch',
    'maxDelayMs',
    'maxQueue',
    'timeoutMs',
    'maxRows',
    'bodyLimit',
    'jsonLimit',
    'token',
    'page',
  ] as const),
] satisfies (keyof ServeOptions)[];

/** Options with their defaults. */
export type Settings = {
  readonly [Name in Exclude<keyof ServeOptions, 'models' | 'token'>]-?: NonNullable<ServeOptions[Name]>;
} & { readonly token: string | undefined };

/** @throws BlasnetError `ERR_BAD_ARGUMENT` for an option of the wrong type or out of range */
export function settingsOf(options: ServeOptions): Settings {
  const { maxDelayMs = 1, token, page = true } = options;
  const maxQueue = whole('maxQueue', options.maxQueue, 1024);
  if (!(maxDelayMs >= 0 && maxDelayMs <= 60_000))
    throw badArgument('maxDelayMs', 'a number from 0 to 60000', maxDelayMs);
  if (token !== undefined && (typeof token !== 'string' || token === ''))
    throw badArgument('token', 'a string of at least one character', token);
  if (typeof page !== 'boolean') throw badArgument('page', 'true or false', page);
  return {
    maxBatch: whole('maxBatch', options.maxBatch, 64),
    maxDelayMs,
    maxQueue,
    timeoutMs: whole('timeoutMs', options.timeoutMs, 30_000),
    maxRows: Math.min(whole('maxRows', options.maxRows, 1024), maxQueue),
    bodyLimit: whole('bodyLimit', options.bodyLimit, 16 << 20),
    jsonLimit: whole('jsonLimit', options.jsonLimit, 1 << 20),
    token,
    page,
  };
}

/** @throws BlasnetError `ERR_BAD_ARGUMENT` for what is no list of models, or two of the same name and version */
export function checkModels(models: readonly ServedModel[]): void {
  if (!Array.isArray(models) || models.length === 0) throw badArgument('models', 'at least one model', models);
  const seen = new Set<string>();
  for (const model of models as readonly ServedModel[]) {
    checkOptions(model, ['name', 'file', 'net', 'version'], 'a model');
    const { name, version = '1', file, net } = model;
    for (const [what, text] of [
      ['name', name],
      ['version', version],
    ] as const) {
      if (typeof text !== 'string' || !/^[\w.-]{1,100}$/.test(text) || /^\.+$/.test(text))
        throw badArgument(`a model's ${what}`, "1 to 100 letters, digits, '_', '-' and '.'", text);
    }
    if ((file === undefined) === (net === undefined))
      throw badArgument(`model '${name}'`, 'either a file or a net', file === undefined ? 'neither' : 'both');
    if (file !== undefined && typeof file !== 'string')
      throw badArgument(`model '${name}'`, 'the path of a file', file);
    if (net !== undefined && !(net instanceof NeuralNet)) throw badArgument(`model '${name}'`, 'a NeuralNet', net);
    const key = `${name} ${version}`;
    if (seen.has(key))
      throw badArgument('models', 'different names or versions', `'${name}' version '${version}' twice`);
    seen.add(key);
  }
}

function whole(name: string, value: number | undefined, otherwise: number): number {
  if (value === undefined) return otherwise;
  if (!Number.isSafeInteger(value) || value < 1) throw badArgument(name, 'a whole number above 0', value);
  return value;
}
