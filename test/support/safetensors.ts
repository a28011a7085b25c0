/** A file with that header, which need not be one, and so many bytes of data. */
export function safetensorsFile(header: string | Uint8Array, data: Uint8Array | number = 0, length?: number | bigint) {
  const bytes = Buffer.from(header as string);
  const start = Buffer.alloc(8);
  start.writeBigUInt64LE(BigInt(length ?? bytes.length));
  return Buffer.concat([start, bytes, typeof data === 'number' ? Buffer.alloc(data) : data]);
}

/** A tensor as the published format has it. */
export interface PlainTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: Buffer;
}

/**
 * What a file holds, by the published format and without any of the library's code:
 * https://github.com/huggingface/safetensors#format
 */
export function plainParse(file: Buffer): { metadata: Record<string, string>; tensors: Map<string, PlainTensor> } {
  const length = Number(file.readBigUInt64LE());
  const { __metadata__: metadata = {}, ...entries } = JSON.parse(file.toString('utf8', 8, 8 + length));
  const data = file.subarray(8 + length);
  const sizes: Record<string, number> = { F32: 4, F64: 8 };
  const tensors = new Map<string, PlainTensor>();
  let next = 0;
  const sorted = Object.entries<{ dtype: string; shape: number[]; data_offsets: [number, number] }>(entries).sort(
    ([, a], [, b]) => a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1],
  );
  for (const [name, { dtype, shape, data_offsets }] of sorted) {
    const [begin, end] = data_offsets;
    const size = shape.reduce((product, one) => product * one, sizes[dtype]!);
    if (begin !== next || end - begin !== size || begin % sizes[dtype]! !== 0) throw new Error(`${name} is misplaced`);
    next = end;
    tensors.set(name, { dtype, shape, bytes: data.subarray(begin, end) });
  }
  if (next !== data.length) throw new Error(`${data.length - next} bytes are left over`);
  if (!Object.values(metadata).every((text) => typeof text === 'string')) throw new Error('metadata must be texts');
  return { metadata, tensors };
}
