/** Takes an array's memory away, as `postMessage` with a transfer list does; returns the new owner. */
export function transferAway(data: ArrayBufferView): ArrayBuffer {
  const buffer = data.buffer as ArrayBuffer;
  return structuredClone(buffer, { transfer: [buffer] });
}

/**
 * Tries to take memory away that the library keeps in its place: Node.js 20 copies it instead, later versions throw.
 * Returns whether it went.
 */
export function canBeTransferred(data: ArrayBufferView): boolean {
  try {
    transferAway(data);
  } catch (error) {
    if (!(error instanceof DOMException && error.name === 'DataCloneError')) throw error;
  }
  return data.byteLength === 0;
}
