/** Takes an array's memory away, as `postMessage` with a transfer list does; returns the new owner. */
export function transferAway(data: ArrayBufferView): ArrayBuffer {
  const buffer = data.buffer as ArrayBuffer;
  return structuredClone(buffer, { transfer: [buffer] });
}
