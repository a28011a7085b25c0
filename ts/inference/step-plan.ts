// @internal
import { batchPass, boundInputFor, rowsOf } from '../data/rows.js';
import type { StepMemory } from '../graph/step-memory.js';
import type { Model } from '../net/model.js';
import { createReplay, type Replay } from '../replay/replay.js';
import type { BoundInput, PassRunner } from '../runtime/runner.js';
import { RuntimeScalars } from '../runtime/runtime-scalars.js';
import { type AnyTensor, Tensor } from '../tensor/tensor.js';

/** The recorded pass of one step. */
export interface StepPlan {
  /** The memory of the parameters that it reads. */
  readonly block: unknown;
  readonly inputs: readonly BoundInput[];
  readonly outputs: readonly Tensor[];
  readonly replay: Replay;
  /** Computes what a sequence needs once; undefined where there is nothing. */
  readonly once: Replay | undefined;
}

/** The sequences of a stream. */
interface Sequences {
  readonly rows: number;
  readonly memory: StepMemory;
  /** Values of the graph that are the same for all steps of a sequence. */
  readonly whole: ReadonlySet<number>;
}

/** Records the pass of a net over one step of sequences. */
export function recordStep({ params, stack }: Model, inputs: readonly AnyTensor[], sequences: Sequences): StepPlan {
  const { rows, memory, whole } = sequences;
  const { dtype } = params;
  const bound = inputs.map((x) => boundInputFor(dtype, rowsOf(x)));
  const range = { count: rows, firstRow: 0 };
  let outputs: readonly Tensor[] = [];
  const recorded = (step: (runner: PassRunner) => void) => {
    const scalars = new RuntimeScalars();
    return createReplay({ step }, { dtype, scalars, stepsPerEpoch: 1, batchRows: 1, kept: () => [] });
  };
  const stepOn = (runner: PassRunner, beside?: PassRunner) => {
    const batch = inputs.map((x, i) => {
      return batchPass(beside && whole.has(i) ? beside : runner, bound[i]!, rowsOf(x), range);
    });
    const { pass, outputs: values } = stack.forwardPass(runner, batch, false, { memory, whole, beside });
    outputs = values.map(({ tensor: { shape } }) => Tensor.zeros(shape, dtype));
    for (const [i, { tensor }] of values.entries()) pass.tape.copy(tensor, outputs[i]!, 0);
  };
  let replay: Replay | undefined;
  let once: Replay | undefined;
  if (whole.size === 0) {
    replay = recorded((runner) => stepOn(runner));
  } else {
    void memory.position; // its steps tell whether a sequence has begun
    once = recorded((beside) => {
      replay = recorded((runner) => stepOn(runner, beside));
    });
  }
  return { block: stack.block, inputs: bound, outputs, replay: replay!, once };
}
