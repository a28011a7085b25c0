import type { Arena } from '../runtime/arena.js';
import { Tensor } from '../tensor/tensor.js';
import { fuseDescent } from './passes/fuse-descent.js';
import { fuseRelu } from './passes/fuse-relu.js';
import { reuseMemory, shareMemory } from './passes/reuse-memory.js';
import { writeInPlace } from './passes/write-in-place.js';
import type { RecordedCall } from './recorded-call.js';

/** How a recorded pass may be changed. */
export interface CompileOptions {
  /** Whether gradients may be read after a run; if so they are not fused away. */
  readonly keepsGradients?: boolean | undefined;
  /**
   * The tensors that are read after a run, where the others may share memory; undefined: all keep their numbers, but for those
   * that the result of an element-wise call takes the place of.
   */
  readonly kept?: readonly Tensor[] | undefined;
}

/** Calls as C++ will replay them, and what has to be done once the workspace has memory. */
export interface Compiled {
  readonly calls: readonly RecordedCall[];
  /** Lets tensors that were fused away point at what took their place. */
  readonly settle: () => void;
}

/**
 * Applies the passes of the plan compiler to the calls of one recorded pass. Call it after the last tensor was taken from
 * the workspace, and before the workspace is rewound.
 */
export function compile(workspace: Arena, recorded: readonly RecordedCall[], options: CompileOptions = {}): Compiled {
  const { calls: rectified, moved } = fuseRelu(recorded);
  const descending = options.keepsGradients ? rectified : fuseDescent(rectified);
  const kept = options.kept?.map(({ extent }) => extent);
  const { calls, places } = writeInPlace(workspace, descending, kept ?? []);
  if (kept) reuseMemory(workspace, calls, kept, places);
  else shareMemory(workspace, places);
  const settle = () => {
    for (const [from, to] of moved) if (from instanceof Tensor && to instanceof Tensor) from.moveTo(to);
  };
  return { calls, settle };
}
