import { markAsUntransferable } from 'node:worker_threads';
import { badArgument } from './errors.js';

function refuse(): never {
  const expected = 'memory that no net trains on or keeps its weights in (copy it with slice)';
  throw badArgument('transfer', expected, 'a buffer that C++ may be reading');
}

/**
 * Keeps a buffer's memory where it is for good: C++ reads it on another thread, and memory that JavaScript transfers to
 * another owner may be freed there at any time. May be called again for the same buffer.
 */
export function keepInPlace(buffer: ArrayBufferLike): void {
  markAsUntransferable(buffer); // for postMessage and structuredClone
  // Which says nothing to the buffer's own methods, where there are such: from Node.js 21 on.
  for (const method of ['transfer', 'transferToFixedLength']) {
    if (method in buffer) Reflect.defineProperty(buffer, method, { value: refuse });
  }
}
