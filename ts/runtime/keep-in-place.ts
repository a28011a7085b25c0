import { markAsUntransferable } from 'node:worker_threads';
import { badArgument } from '../core/errors.js';

function refuse(): never {
  const expected = 'memory that no net uses for its weights or rows (copy it with slice)';
  throw badArgument('transfer', expected, 'a buffer that C++ may be reading');
}

/**
 * Prevents that a buffer is ever transferred: C++ reads it on another thread, and a new owner of the memory could free it
 * at any time. Calling it again for the same buffer has no effect.
 */
export function keepInPlace(buffer: ArrayBufferLike): void {
  markAsUntransferable(buffer); // for postMessage and structuredClone
  // The buffer's own methods, which exist from Node.js 21 on, ignore that mark.
  for (const method of ['transfer', 'transferToFixedLength']) {
    if (method in buffer) Reflect.defineProperty(buffer, method, { value: refuse });
  }
}
