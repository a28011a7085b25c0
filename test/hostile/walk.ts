// Calls what a module exports with arguments that no caller should give, and collects errors that are not BlasnetErrors.
import { BlasnetError, Tensor } from 'blasnet';

/** How one export is called: a function, or a class with its constructor, static functions and methods. */
export interface Callable {
  /** Valid arguments of the function or constructor, made anew for each call; absent for classes that are not constructed. */
  readonly args?: () => readonly unknown[];
  /** Valid arguments of each static function. */
  readonly statics?: Readonly<Record<string, () => readonly unknown[]>>;
  /** An instance to call methods of, where it is not just `new Class(...args())`. */
  readonly instance?: () => object | Promise<object>;
  /** Valid arguments of each method and setter. */
  readonly methods?: Readonly<Record<string, () => readonly unknown[]>>;
  /** Methods that users do not call: protected ones, and those that the library calls with arguments of its own. */
  readonly internal?: readonly string[];
}

type Hostile = readonly (readonly [name: string, make: () => unknown])[];

/** In place of any argument, and of any field of an argument that is a plain object or list. */
const hostile: Hostile = [
  ['undefined', () => undefined],
  ['null', () => null],
  ['10n', () => 10n],
  ["'x'", () => 'x'],
  ['[]', () => []],
  ['{}', () => ({})],
  ['Symbol()', () => Symbol('hostile')],
  ['NaN', () => Number.NaN],
  ['-1', () => -1],
  ['0.5', () => 0.5],
  ['Infinity', () => Number.POSITIVE_INFINITY],
  ['true', () => true],
  ['a function', () => () => {}],
  ['an object without a prototype', () => Object.create(null)],
  ['an object whose fields are null', () => ({ x: null, name: null, length: null, shape: null, data: null })],
  ['[[10n]]', () => [[10n]]],
  ['[Symbol(), null]', () => [Symbol('hostile'), null]],
  ['a Map', () => new Map([[1, 2]])],
  ['an empty tensor', () => Tensor.zeros([0])],
  ['a tensor of int32', () => Tensor.zeros([3, 3], 'int32')],
  ['a tensor of five dimensions', () => Tensor.zeros([1, 1, 1, 1, 1])],
];

export interface Walked {
  /** How many calls were made. */
  readonly calls: number;
  /** Exports, and methods of classes, that the table does not mention. */
  readonly missing: readonly string[];
  /** Calls that ended with another error. */
  readonly findings: readonly string[];
}

/**
 * Walks through a module's exports.
 * @param table - how each is called, or why it is left out
 * @param made - instances that functions of the module return
 * @param onCall - is told each call before it is made
 * @param part - each argument or field gets one in so many hostile values, the next one others
 */
export async function walk(
  module: object,
  table: Readonly<Record<string, Callable | string>>,
  made: Readonly<Record<string, Callable>> = {},
  onCall: (name: string) => void = () => {},
  part = 1,
): Promise<Walked> {
  const missing: string[] = [];
  const findings: string[] = [];
  let calls = 0;
  let places = 0;
  const choose = () => {
    places++;
    return hostile.filter((_, i) => (i + places) % part === 0);
  };
  const attempt = async (
    name: string,
    call: (args: readonly unknown[]) => unknown,
    valid: () => readonly unknown[],
  ) => {
    for (const [what, make] of variants(valid, choose)) {
      const current = `${name}(${what})`;
      onCall(current);
      calls++;
      try {
        await call(make());
      } catch (error) {
        if (!(error instanceof BlasnetError)) findings.push(`${current}: ${String((error as Error)?.stack ?? error)}`);
      }
    }
  };

  const walkMethods = async (name: string, prototype: object, { instance, methods = {}, internal = [] }: Callable) => {
    for (const method of methodsOf(prototype)) {
      if (internal.includes(method)) continue;
      const valid = methods[method];
      if (!valid) {
        missing.push(`${name}#${method}`);
        continue;
      }
      const call = async (list: readonly unknown[]) => {
        const object = (await instance!()) as Record<string, (...args: readonly unknown[]) => unknown>;
        if (isSetter(object, method)) Reflect.set(object, method, list[0]);
        else await object[method]!(...list);
      };
      await attempt(`${name}#${method}`, call, valid);
    }
  };

  for (const [name, value] of Object.entries(module)) {
    if (typeof value !== 'function') continue;
    const entry = table[name];
    if (entry === undefined) missing.push(name);
    if (entry === undefined || typeof entry === 'string') continue;
    const { args, statics = {} } = entry;
    const isClass = /^class\b/.test(Function.prototype.toString.call(value));
    if (!isClass) {
      await attempt(name, (list) => value(...list), args!);
      continue;
    }
    if (args) await attempt(`new ${name}`, (list) => new value(...list), args);
    for (const method of ownFunctions(value)) {
      if (statics[method]) await attempt(`${name}.${method}`, (list) => value[method](...list), statics[method]);
      else missing.push(`${name}.${method}`);
    }
    await walkMethods(name, value.prototype, { instance: () => new value(...args!()), ...entry });
  }
  for (const [name, entry] of Object.entries(made)) {
    await walkMethods(name, Object.getPrototypeOf(await entry.instance!()), entry);
  }
  return { calls, missing, findings };
}

/** Lists of arguments, each with one hostile value in it, or with fewer arguments; and the valid one. */
function* variants(
  valid: () => readonly unknown[],
  choose: () => Hostile,
): Generator<readonly [name: string, make: () => readonly unknown[]]> {
  const { length } = valid();
  yield ['valid arguments', valid];
  for (let count = 0; count < length; count++) yield [`${count} arguments`, () => valid().slice(0, count)];
  for (const path of pathsIn(valid(), [])) {
    for (const [name, make] of choose()) {
      yield [`${path.join('.')}: ${name}`, () => replaced(valid(), path, make()) as readonly unknown[]];
    }
  }
}

/** The places of all values within lists and plain objects. */
function* pathsIn(value: unknown, path: readonly (string | number)[]): Generator<readonly (string | number)[]> {
  if (path.length > 0) yield path;
  if (!isPlain(value) || path.length > 4) return;
  for (const [key, field] of Object.entries(value)) yield* pathsIn(field, [...path, key]);
}

function replaced(value: unknown, [key, ...rest]: readonly (string | number)[], by: unknown): unknown {
  if (key === undefined) return by;
  const copy: Record<string | number, unknown> = Array.isArray(value)
    ? ([...value] as never)
    : { ...(value as object) };
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  return Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
}

const ownFunctions = (owner: object) =>
  Object.getOwnPropertyNames(owner).filter(
    (name) => typeof Reflect.get(owner, name) === 'function' && name !== 'prototype',
  );

/** Names of the methods and setters of a class and those that it extends. */
function methodsOf(prototype: object): string[] {
  const names = new Set<string>();
  for (let at = prototype; at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const [name, { value, set }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (name !== 'constructor' && (typeof value === 'function' || set)) names.add(name);
    }
  }
  return [...names];
}

function isSetter(object: object, name: string): boolean {
  for (let at = object; at !== null; at = Object.getPrototypeOf(at)) {
    const descriptor = Object.getOwnPropertyDescriptor(at, name);
    if (descriptor) return descriptor.set !== undefined;
  }
  return false;
}
