import { badArgument } from '../core/errors.js';
import { checkOptions } from '../core/fields.js';
import { NeuralNet } from '../neural-net.js';
import { hostNameOf } from './hosts.js';

/** A net that is served: either its file, which can be loaded again, or the net itself. */
export interface ServedModel {
  /** Letters, digits, '_', '-' and '.'. */
  readonly name: string;
  /** A file from `net.save`, a checkpoint of training, or an ONNX model (.onnx). Give either `file` or `net`. */
  readonly file?: string | undefined;
  readonly net?: NeuralNet | undefined;
  /** Default '1'. Requests without a version get the greatest; digits are compared as numbers. */
  readonly version?: string | undefined;
}

export interface ServeOptions {
  readonly models: readonly ServedModel[];
  /** The most rows of a batch; default 64. A request with more rows is a batch of its own. */
  readonly maxBatch?: number | undefined;
  /** The longest time in milliseconds that a row waits for others; default 1. 0: until the event loop turns. */
  readonly maxDelayMs?: number | undefined;
  /** Rows of a model that wait or are computed; default 1024. Beyond it requests wait for `maxWaitMs`, not parsed. */
  readonly maxQueue?: number | undefined;
  /** Milliseconds that a request waits for room in a full queue before it is answered 503; default 1000. 0: not at all. */
  readonly maxWaitMs?: number | undefined;
  /** Milliseconds from a request's arrival to a 504; default 30000. */
  readonly timeoutMs?: number | undefined;
  /** Rows of a request; default 1024, at most `maxQueue`. Beyond it requests are answered 413. */
  readonly maxRows?: number | undefined;
  /** Sequences of a model that go on at a time; default 1024. Beyond it those that begin are answered 503. */
  readonly maxSequences?: number | undefined;
  /** Milliseconds without a request after which a sequence ends; default 60000. */
  readonly sequenceIdleMs?: number | undefined;
  /** Bytes of a request's body with binary tensors; default 16 MiB. Beyond it requests are answered 413. */
  readonly bodyLimit?: number | undefined;
  /**
   * Bytes of JSON in a request, at most `bodyLimit`; default 1 MiB. Beyond it requests are answered 413 before they are
   * read. The event loop is busy while JSON is parsed: 15 to 60 ms for a MiB.
   */
  readonly jsonLimit?: number | undefined;
  /**
   * Host names, without ports, that requests may name in their header `Host`; those for health may name any. Names and
   * addresses of the loopback interface are always allowed. Default: also the address that the server listens at, and any
   * IP address; all names where that is 0.0.0.0 or ::, or in an app of your own.
   */
  readonly allowedHosts?: readonly string[] | undefined;
  /** Where given, requests other than those for health must bring it: `Authorization: Bearer TOKEN`. */
  readonly token?: string | undefined;
  /** Whether the server has a page at `/` that shows and tries the models; default true. */
  readonly page?: boolean | undefined;
}

const optionNames: Readonly<Record<keyof ServeOptions, true>> = {
  models: true,
  maxBatch: true,
  maxDelayMs: true,
  maxQueue: true,
  maxWaitMs: true,
  timeoutMs: true,
  maxRows: true,
  maxSequences: true,
  sequenceIdleMs: true,
  bodyLimit: true,
  jsonLimit: true,
  allowedHosts: true,
  token: true,
  page: true,
};

/** The longest time of a timer in milliseconds. */
const mostTimerMs = 2 ** 31 - 1;

/** The names of all options. */
export const serveOptionNames = Object.keys(optionNames) as readonly (keyof ServeOptions)[];

/** Options with their defaults. */
export type Settings = {
  readonly [Name in Exclude<keyof ServeOptions, 'models' | 'token' | 'allowedHosts'>]-?: NonNullable<
    ServeOptions[Name]
  >;
} & { readonly token: string | undefined; readonly allowedHosts: readonly string[] | undefined };

/** @throws BlasnetError `ERR_BAD_ARGUMENT` for an option of the wrong type or out of range */
export function settingsOf(options: ServeOptions): Settings {
  const { maxDelayMs = 1, maxWaitMs = 1000, token, page = true } = options;
  const maxQueue = whole('maxQueue', options.maxQueue, 1024);
  if (!(maxDelayMs >= 0 && maxDelayMs <= 60_000))
    throw badArgument('maxDelayMs', 'a number from 0 to 60000', maxDelayMs);
  if (!(maxWaitMs >= 0 && maxWaitMs <= 60_000)) throw badArgument('maxWaitMs', 'a number from 0 to 60000', maxWaitMs);
  if (token !== undefined && (typeof token !== 'string' || token === ''))
    throw badArgument('token', 'a string of at least one character', token);
  if (typeof page !== 'boolean') throw badArgument('page', 'true or false', page);
  return {
    maxBatch: whole('maxBatch', options.maxBatch, 64),
    maxDelayMs,
    maxQueue,
    maxWaitMs,
    timeoutMs: whole('timeoutMs', options.timeoutMs, 30_000),
    maxRows: Math.min(whole('maxRows', options.maxRows, 1024), maxQueue),
    maxSequences: whole('maxSequences', options.maxSequences, 1024),
    sequenceIdleMs: whole('sequenceIdleMs', options.sequenceIdleMs, 60_000, mostTimerMs),
    bodyLimit: whole('bodyLimit', options.bodyLimit, 16 << 20),
    jsonLimit: whole('jsonLimit', options.jsonLimit, 1 << 20),
    allowedHosts: checkedHosts(options.allowedHosts),
    token,
    page,
  };
}

function checkedHosts(hosts: readonly string[] | undefined): readonly string[] | undefined {
  if (hosts === undefined) return undefined;
  const expected = "a list of host names without ports, as ['api.example.com']";
  if (!Array.isArray(hosts)) throw badArgument('allowedHosts', expected, hosts);
  const wrong = hosts.find(
    (host) => typeof host !== 'string' || host === '' || hostNameOf(host) !== host.toLowerCase(),
  );
  if (wrong !== undefined) throw badArgument('allowedHosts', expected, wrong);
  return hosts.map((host) => host.toLowerCase());
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

function whole(name: string, value: number | undefined, otherwise: number, most = Number.MAX_SAFE_INTEGER): number {
  if (value === undefined) return otherwise;
  const expected = most < Number.MAX_SAFE_INTEGER ? `a whole number from 1 to ${most}` : 'a whole number above 0';
  if (!Number.isSafeInteger(value) || value < 1 || value > most) throw badArgument(name, expected, value);
  return value;
}
