import { requireEnding } from '../core/file-endings.js';
import { replaceFile, requireFileName } from '../core/files.js';
import type { Busy } from '../net/busy.js';
import type { Model } from '../net/model.js';
import type { ModelDescription } from './description.js';
import { modelWriter, storedParametersOf } from './model-file.js';
import { readLayers, writeLayers } from './weight-folders.js';

/** The parts of a net that its files need. */
export interface NetInFiles {
  readonly model: Model;
  readonly busy: Busy;
  readonly describe: () => ModelDescription;
  /** Called before weights are read into the net. */
  readonly weightsChange: () => void;
  /** Called when the net starts anew: the gradients of its last forward cannot be computed. */
  readonly forgetPass: () => void;
}

/** The calls of a net that write it to files, and read its weights from files. */
export class NetFiles {
  readonly #net: NetInFiles;

  constructor(net: NetInFiles) {
    this.#net = net;
  }

  /** Saves the whole net to one safetensors file, in one atomic step. */
  save(file: string): Promise<void> {
    const { model, busy, describe } = this.#net;
    return busy.exclusively('save', async () => {
      requireFileName(file);
      requireEnding('file', file, '.safetensors');
      await replaceFile(file, await modelWriter(describe(), storedParametersOf(model.stack.layers)));
    });
  }

  /** Saves a file of weights for each layer that has some. */
  saveWeights(folder: string): Promise<void> {
    const { model, busy } = this.#net;
    return busy.exclusively('saveWeights', () =>
      writeLayers(model.stack, folder, (layer, name) => layer.saveWeights(folder, name)),
    );
  }

  /** Loads weights that `saveWeights` wrote. */
  loadWeights(folder: string): Promise<void> {
    const { model, busy, weightsChange } = this.#net;
    return busy.exclusively('loadWeights', async () => {
      const copy = await readLayers(model.stack, folder, (layer, name) => layer.readWeights(folder, name));
      weightsChange();
      copy();
    });
  }

  /** Saves the values that the layers started with. */
  saveInitialValues(folder: string): Promise<void> {
    const { model, busy } = this.#net;
    return busy.exclusively('saveInitialValues', () =>
      writeLayers(model.stack, folder, (layer, name) => layer.saveInitialValues(folder, name)),
    );
  }

  /** Loads values that `saveInitialValues` wrote, and starts anew from them. */
  loadInitialValues(folder: string): Promise<void> {
    const { model, busy, weightsChange, forgetPass } = this.#net;
    return busy.exclusively('loadInitialValues', async () => {
      const copy = await readLayers(model.stack, folder, (layer, name) => layer.readInitialValues(folder, name));
      model.state.reset();
      forgetPass();
      weightsChange();
      copy();
    });
  }
}
