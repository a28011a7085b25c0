// @internal
import { badArgument } from '../core/errors.js';
import { isFields } from '../core/fields.js';
import { type AnyTensor, Tensor } from '../tensor/tensor.js';
import type { NamedTensors } from './named-tensors.js';

/**
 * One tensor without a name, or several by name.
 * @param what - the name of the value, for messages
 * @param where - the place of the value, for messages: ' in batch 1'
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for anything but a tensor or an object of tensors
 */
export function namedTensorsOf(what: string, value: unknown, where = ''): NamedTensors {
  if (value instanceof Tensor) return { '': value as AnyTensor };
  const entries = isFields(value) ? Object.entries(value) : [];
  if (entries.length === 0) throw badArgument(`${what}${where}`, 'a Tensor, or tensors by name', value);
  for (const [name, tensor] of entries) {
    if (name === '') throw badArgument(`${what}${where}`, 'names that are not empty', name);
    if (!(tensor instanceof Tensor)) throw badArgument(`${labelOf(what, name)}${where}`, 'a Tensor', tensor);
  }
  return Object.fromEntries(entries) as NamedTensors;
}

/** The name of one of several values, for messages: `xTrain.sales`, or `xTrain` for the one without a name. */
export function labelOf(what: string, name: string): string {
  return name === '' ? what : `${what}.${name}`;
}

/** An object with the same names, and a value made for each. */
export function mapNamed<From, To>(
  named: Readonly<Record<string, From>>,
  make: (value: From, name: string) => To,
): Readonly<Record<string, To>> {
  return Object.fromEntries(Object.entries(named).map(([name, value]) => [name, make(value, name)]));
}
