import { replaceFile, requireFileName } from '../files.js';
import type { ModelDescription } from '../model-files/description.js';
import { requireEnding } from '../model-files/endings.js';
import { modelWriter, parametersOf } from '../model-files/model-file.js';
import { readLayers, writeLayers } from '../model-files/weight-folders.js';
import type { OnnxExportOptions } from '../onnx/export/to-onnx.js';
import { PredictingNet } from './predicting-net.js';

/** Saves a net and its weights to files, and reads weights from them. */
export abstract class StoredNet extends PredictingNet {
  /**
   * Saves the whole net to one safetensors file, in one atomic step: weights, layers, hyperparameters and preparation. The
   * optimizer's memory is not saved; `checkpointFile` of `train` saves that, too.
   * @param file - its name ends in `.safetensors`, or in nothing that means another format
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for a name such as `net.h5` and for a layer of a class that `registerLayer`
   *   does not know, `ERR_BAD_FILE` if the file cannot be written
   * @example
   * ```ts
   * import { FullyConnectedLayer, HyperParameters, NeuralNet } from 'blasnet';
   *
   * const net = new NeuralNet(new HyperParameters({ netType: 'fitting' }), 'net').addLayer(new FullyConnectedLayer(2, 1));
   * await net.save('models/net.safetensors'); // makes the folder
   * (await NeuralNet.load('models/net.safetensors')).layerNames; // → [ 'fully-connected-1' ]
   * ```
   */
  async save(file: string): Promise<void> {
    await this.busy.exclusively('save', async () => {
      requireFileName(file);
      requireEnding('file', file, '.safetensors');
      await replaceFile(file, await modelWriter(this.description, parametersOf(this.model.stack.layers)));
    });
  }

  /** Saves `<folder>/<layer>.npz` for each layer that has weights; each file is replaced as a whole or not at all. */
  async saveWeights(folder: string): Promise<void> {
    await this.busy.exclusively('saveWeights', async () => {
      await writeLayers(this.model.stack, folder, (layer, name) => layer.saveWeights(folder, name));
    });
  }

  /** Loads weights that `saveWeights` wrote. Changes nothing unless all the files fit. */
  async loadWeights(folder: string): Promise<void> {
    await this.busy.exclusively('loadWeights', async () => {
      const copy = await readLayers(this.model.stack, folder, (layer, name) => layer.readWeights(folder, name));
      this.weightsChange();
      copy();
    });
  }

  /** Saves the values that the layers started with, as `saveWeights` does; see `loadInitialValues`. */
  async saveInitialValues(folder: string): Promise<void> {
    await this.busy.exclusively('saveInitialValues', () =>
      writeLayers(this.model.stack, folder, (layer, name) => layer.saveInitialValues(folder, name)),
    );
  }

  /**
   * Starts again from the values in the folder: they become the weights and the initial values. The optimizer's memory, the
   * schedule and the count of epochs are reset, as if the net had never been trained.
   */
  async loadInitialValues(folder: string): Promise<void> {
    await this.busy.exclusively('loadInitialValues', async () => {
      const { state, stack } = this.model;
      const copy = await readLayers(stack, folder, (layer, name) => layer.readInitialValues(folder, name));
      state.reset();
      this.lastPass = undefined;
      this.weightsChange();
      copy();
    });
  }

  /**
   * Writes the net as an ONNX model for other runtimes, in one atomic step. It takes any number of rows, raw ones where the
   * net has a `preparation`. The input is called `input` and the output `output`; inputs with names, and several outputs, keep
   * theirs. Needs the optional package protobufjs.
   * @param file - its name ends in `.onnx`, or in nothing that means another format
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for another name, a layer in plain TypeScript, or a net of 2 GiB or more,
   *   `ERR_BAD_FILE` if the file cannot be written, `ERR_NATIVE_LOAD` without protobufjs
   */
  async exportOnnx(file: string, options?: OnnxExportOptions): Promise<void> {
    await this.busy.exclusively('exportOnnx', async () => {
      requireFileName(file);
      requireEnding('file', file, '.onnx');
      const { writeOnnx } = await import('../onnx/export/to-onnx.js');
      const { name, preparation } = this;
      await writeOnnx({ name, preparation, ...this.model }, file, options);
    });
  }

  /** The description of the net in its files. */
  protected get description(): ModelDescription {
    const { name, params, preparation } = this;
    return { name, params, preparation, graph: this.model.stack.parts };
  }
}
