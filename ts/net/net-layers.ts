import { badArgument } from '../core/errors.js';
import { createInitializer } from '../initializers/index.js';
import { Layer } from '../layers/layer.js';
import type { Busy } from './busy.js';
import type { Model } from './model.js';
import { type GraphParts, layerNameFor } from './net-graph.js';

/** Changes which layers a net has, while the net is idle. */
export class NetLayers {
  readonly #model: Model;
  readonly #busy: Busy;
  readonly #changed: () => void;

  /** @param changed - called when the net has other layers, or other layers of it are trained */
  constructor(model: Model, busy: Busy, changed: () => void) {
    this.#model = model;
    this.#busy = busy;
    this.#changed = changed;
  }

  /** Makes the net, which has no layers yet, the graph of these parts. */
  set(parts: GraphParts): void {
    const taken = parts.steps.find(({ layer }) => layer.isInNet);
    if (taken) throw badArgument(`layer '${taken.name}'`, 'a layer that is in no net yet', 'one of another net');
    this.#model.stack.set(parts, ({ layer }, position) => this.#configure(layer, position));
    this.#changed();
  }

  /** Adds a layer at the end, by default under the name of its kind and position. */
  add(layer: Layer, name?: string): void {
    this.#busy.requireIdle('addLayer');
    const { stack } = this.#model;
    const position = stack.layers.length;
    if (!(layer instanceof Layer)) throw badArgument('layer', 'a Layer', layer);
    stack.add(layer, name ?? layerNameFor(layer, position), () => this.#configure(layer, position));
    this.#changed();
  }

  /** Removes a layer and all layers behind it. */
  remove(name: string): void {
    this.#busy.requireIdle('removeLayer');
    for (const layer of this.#model.stack.removeFrom(name)) layer.release();
    this.#changed();
  }

  #configure(layer: Layer, position: number): void {
    const { params, optimizer, stack } = this.#model;
    const { dtype, initMethod, seed } = params;
    const setup = { dtype, initializer: createInitializer(initMethod), seed, stream: position + 1 };
    const learningChanges = () => {
      stack.forgetBlock();
      this.#changed();
    };
    layer.configure(setup, optimizer, (call) => this.#busy.requireIdle(call), learningChanges);
  }
}
