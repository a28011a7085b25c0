import { Arena } from '../../runtime/arena.js';
import type { Operand } from '../../runtime/runner.js';
import type { DType } from '../../tensor/tensor.js';
import { covers, type Extent, extentOf, operandsOf, overlap, type RecordedCall } from '../recorded-call.js';
import { panelWidth, paysInPanels } from '../sizes.js';

/** The plans of a replay, and the calls that run once before and after all of them. */
export interface PanelPlans {
  readonly plans: readonly (readonly RecordedCall[])[];
  readonly begin: readonly RecordedCall[];
  readonly end: readonly RecordedCall[];
}

/**
 * Keeps weights of fully connected layers in panels of columns during a replay, so that each core's part is contiguous.
 * It applies to weights that the plans only multiply by and update: those of a net's first layer, which passes no delta
 * back. Results are the same bits.
 */
export function keepWeightsInPanels(plans: readonly (readonly RecordedCall[])[], dtype: DType): PanelPlans {
  const unchanged = { plans, begin: [], end: [] };
  const calls = plans.flat();
  // Only weights that are updated: it never pays for others.
  const steps = calls.filter(({ kernel }) => isStep(kernel));
  if (steps.length === 0) return unchanged;
  const uses = calls.map((call) => ({ call, operands: operandsOf(call).map(withExtent) }));
  const found: Operand[] = [];
  for (const step of steps) {
    const w = weightsOf(step)!;
    if (!found.some((known) => isSame(known, w)) && pays(w, uses)) found.push(w);
  }
  if (found.length === 0) return unchanged;
  const arena = new Arena(dtype);
  const kept = found.map((w) => {
    const [inputs, outputs] = w.shape as [number, number];
    return { w, panels: arena.tensor([outputs / panelWidth, inputs, panelWidth]) };
  });
  const inPanels = (call: RecordedCall): RecordedCall => {
    const own = weightsOf(call);
    const panels = own && kept.find(({ w }) => isSame(w, own))?.panels;
    if (!panels) return call;
    const { w: _, ...args } = call.args;
    return { kernel: `${call.kernel}_panels`, args: { ...args, panels } };
  };
  return {
    plans: plans.map((plan) => plan.map(inPanels)),
    begin: kept.map(({ w, panels }) => ({ kernel: 'weights_to_panels', args: { w, panels } })),
    end: kept.map(({ w, panels }) => ({ kernel: 'panels_to_weights', args: { panels, w } })),
  };
}

/** Returns the weights of a call, if its kernel exists for panels. */
function weightsOf({ kernel, args }: RecordedCall): Operand | undefined {
  return kernel === 'fully_connected_forward' || isStep(kernel) ? (args.w as Operand) : undefined;
}

/** Whether a kernel updates weights. */
function isStep(kernel: string): boolean {
  return kernel === 'fully_connected_descend' || kernel === 'fully_connected_adam';
}

/** A call with its operands and their bytes, which are worked out once. */
interface Use {
  readonly call: RecordedCall;
  readonly operands: readonly { readonly operand: Operand; readonly extent: Extent }[];
}

const withExtent = (operand: Operand) => ({ operand, extent: extentOf(operand) });

/** Whether all calls that use the weights can have them in panels, and the update has the right size. */
function pays(w: Operand, uses: readonly Use[]): boolean {
  const all = extentOf(w);
  const [inputs, outputs] = w.shape as [number, number];
  if (outputs % panelWidth !== 0) return false;
  const steps: number[] = []; // rows of each
  for (const { call, operands } of uses) {
    const touching = operands.filter(({ extent }) => overlap(extent, all));
    if (touching.length === 0) continue;
    const own = weightsOf(call);
    if (!own || !isSame(own, w) || touching.some(({ operand }) => operand !== own)) return false;
    if (!isStep(call.kernel)) continue;
    steps.push((call.args.dz as Operand).shape[0]!);
  }
  return paysInPanels(inputs * outputs, steps);
}

function isSame(a: Operand, b: Operand): boolean {
  const [one, other] = [extentOf(a), extentOf(b)];
  return covers(one, other) && covers(other, one) && a.shape[0] === b.shape[0] && a.shape[1] === b.shape[1];
}
