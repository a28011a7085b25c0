// @internal
import { badArgument } from '../core/errors.js';
import type { AnyTensor } from '../tensor/tensor.js';
import { mapNamed } from './by-name.js';
import type { DataSet } from './data-set.js';
import type { NamedTensors } from './named-tensors.js';
import type { Normalizer } from './normalizer.js';
import type { FeatureScaling } from './preparation/preparation.js';
import { rowType } from './rows.js';
import { scalingOf } from './scaling.js';
import type { ScalingOptions } from './scaling-options.js';

/** Scales the inputs of a data set, each by itself, and keeps the scalings for further rows. */
export class InputScaling {
  readonly #set: DataSet;
  #normalizers: Readonly<Record<string, Normalizer>> = {};

  constructor(set: DataSet) {
    this.#set = set;
  }

  /** Scales all inputs of floats. */
  normalize(options: ScalingOptions): void {
    const scaling = scalingOf(options);
    const floats = Object.entries(this.#set.like.inputs).filter(([, rows]) => rowType(rows) !== 'int32');
    if (floats.length === 0) throw badArgument('normalizeX', 'an input of floats', 'int32 alone');
    const made = Object.fromEntries(floats.map(([name]) => [name, this.#set.normalizerOf('inputs', name, scaling)]));
    this.#set.replace(
      'inputs',
      mapNamed(made, (normalizer) => (x: AnyTensor) => normalizer.normalize(x)),
    );
    this.#normalizers = made;
  }

  /** Scales further rows. */
  apply(rows: NamedTensors): NamedTensors {
    if (Object.keys(this.#normalizers).length === 0) {
      throw badArgument('normalizePredictData', 'normalizeX before it', 'none');
    }
    const { inputs } = this.#set.like;
    return mapNamed(rows, (tensor, name) => {
      if (inputs[name]) return this.#normalizers[name]?.normalize(tensor) ?? tensor;
      throw badArgument('rows', `tensors for ${Object.keys(inputs).join(', ') || 'one input'}`, name);
    });
  }

  /** The scaling of an input; undefined where it is not scaled. */
  scalingOf(name: string): FeatureScaling | undefined {
    return this.#normalizers[name]?.scaling;
  }
}
