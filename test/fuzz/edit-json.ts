import type { Dice } from './dice.js';
import { editBytes, largestInput } from './edit-bytes.js';

type Container = Record<string | number, unknown>;

/** Every place in a value where another one may be put. */
function placesIn(value: unknown): [Container, string | number][] {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => [[value as Container, key] as const, ...placesIn(inner)]) as [
    Container,
    string | number,
  ][];
}

const strange: readonly (() => unknown)[] = [
  () => null,
  () => true,
  () => '',
  () => 'toString',
  () => '__proto__',
  () => [],
  () => ({}),
  // What fails where it is put into a message.
  () => ({ toString: null, valueOf: null }),
  () => ({ constructor: { name: { toString: null } } }),
  () => 'x'.repeat(5000),
  () => -0.5,
  () => 1e308,
];

/** A value of the same sort, mostly: what passes the first check goes further. */
function otherThan(value: unknown, dice: Dice): unknown {
  if (ArrayBuffer.isView(value)) return editBytes(value as Uint8Array, dice, [value as Uint8Array]);
  if (dice.once(4)) return dice.pick(strange)();
  if (typeof value === 'number') return dice.once(2) ? Number(dice.edge()) : value + dice.pick([-1, 1, 0.5]);
  if (typeof value === 'string') return dice.once(2) ? String(dice.edge()) : `${value}${value}`;
  if (typeof value === 'boolean') return !value;
  return dice.pick(strange)();
}

/**
 * Makes one change within an object or list: a value replaced by another or by one from elsewhere in it, removed,
 * repeated, or put under another name.
 */
export function editJson(root: unknown, dice: Dice): void {
  const places = placesIn(root);
  if (places.length === 0) return;
  const [container, key] = dice.pick(places);
  const [other, otherKey] = dice.pick(places);
  const isList = Array.isArray(container);
  switch (dice.below(7)) {
    case 0:
      if (isList) container.splice(Number(key), 1);
      else delete container[key];
      break;
    case 1:
      // Copied, because a value within itself would have no end.
      container[key] = structuredClone(other[otherKey]);
      break;
    case 2:
      if (isList) container.push(...copies(container[key], dice));
      else
        Object.defineProperty(container, dice.pick(['__proto__', 'constructor', 'x', '']), enumerable(container[key]));
      break;
    default:
      container[key] = otherThan(container[key], dice);
  }
}

/** Many, as long as they are small. */
function copies(value: unknown, dice: Dice): unknown[] {
  const size = 1 + (JSON.stringify(value)?.length ?? 0);
  return Array.from({ length: dice.size(Math.min(3000, largestInput / 4 / size)) }, () => structuredClone(value));
}

const enumerable = (value: unknown) => ({ value, enumerable: true, configurable: true, writable: true });
