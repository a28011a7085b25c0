import { readFile } from 'node:fs/promises';
import type { ExecutionContext } from 'ava';
import { plainParse } from './safetensors.js';

/** All that a checkpoint holds and that does not depend on the clock, with the tensors' bytes. */
export async function contentOf(file: string) {
  const { metadata, tensors } = plainParse(await readFile(file));
  const { seconds, ...training } = JSON.parse(metadata.training!);
  const { checksum: _, ...texts } = metadata; // of the header, which holds the time
  return { metadata: { ...texts, training }, tensors, seconds: seconds as number };
}

/** Asserts that two checkpoints are the same, to the bit. */
export async function sameCheckpoints(
  t: ExecutionContext,
  file: string,
  expected: string,
  message = '',
): Promise<void> {
  const [a, b] = [await contentOf(file), await contentOf(expected)];
  t.deepEqual(a.metadata, b.metadata, message);
  t.deepEqual([...a.tensors.keys()], [...b.tensors.keys()], message);
  for (const [name, tensor] of a.tensors) t.true(tensor.bytes.equals(b.tensors.get(name)!.bytes), `${message} ${name}`);
}
