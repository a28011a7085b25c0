import { replaceFile, requireFileName } from '../files.js';
import type { ModelDescription } from '../model-files/description.js';
import { requireEnding } from '../model-files/endings.js';
import { modelWriter, parametersOf } from '../model-files/model-file.js';
import { readLayers, writeLayers } from '../model-files/weight-folders.js';
import type { OnnxExportOptions } from '../onnx/export/to-onnx.js';
import { PredictingNet } from './predicting-net.js';

/** What a net writes to files, and the weights that it reads from them. */
export abstract class StoredNet extends PredictingNet {
  /**
   * Writes the whole net to one safetensors file, in one atomic step: weights, layers, hyperparameters and preparation,
   * without the optimizer's state.
   * @param file - its name ends in `.safetensors`, or in nothing that means another format
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for a name such as `net.h5` and for a layer of a class that `registerLayer`
   *   does not know, `ERR_BAD_FILE` if the file cannot be written
   */
  async save(file: string): Promise<void> {
    await this.busy.exclusively('save', async () => {
      requireFileName(file);
      requireEnding('file', file, '.safetensors');
      this.model.state.settle();
      await replaceFile(file, await modelWriter(this.description, parametersOf(this.model.stack.layers)));
    });
  }

  /** Writes `<folder>/<layer>.npz` for each layer that has weights; each file is replaced as a whole or not at all. */
  async saveWeights(folder: string): Promise<void> {
    await this.busy.exclusively('saveWeights', async () => {
      const { state, stack } = this.model;
      state.settle();
      await writeLayers(stack, folder, (layer, name) => layer.saveWeights(folder, name));
    });
  }

  /** Reads what `saveWeights` wrote. Changes nothing unless all the files fit. */
  async loadWeights(folder: string): Promise<void> {
    await this.busy.exclusively('loadWeights', async () => {
      const { state, stack } = this.model;
      const copy = await readLayers(stack, folder, (layer, name) => layer.readWeights(folder, name));
      state.settle();
      this.weightsChange();
      copy();
    });
  }

  /** Writes the values that the layers began with, as `saveWeights` does; see `loadInitialValues`. */
  async saveInitialValues(folder: string): Promise<void> {
    await this.busy.exclusively('saveInitialValues', () =>
      writeLayers(this.model.stack, folder, (layer, name) => layer.saveInitialValues(folder, name)),
    );
  }

  /**
   * Starts anew from the values in the folder: they become the weights and the initial values, and what the optimizer
   * remembers, the schedule and the number of the epoch are as if the net had never been trained.
   */
  async loadInitialValues(folder: string): Promise<void> {
    await this.busy.exclusively('loadInitialValues', async () => {
      const { state, stack } = this.model;
      const copy = await readLayers(stack, folder, (layer, name) => layer.readInitialValues(folder, name));
      state.reset();
      this.output = undefined;
      this.weightsChange();
      copy();
    });
  }

  /**
   * Writes the net as an ONNX model for other runtimes, in one atomic step: one input `input` of any number of rows, raw
   * ones where the net has a `preparation`, and one output `output`. Needs the optional package protobufjs.
   * @param file - its name ends in `.onnx`, or in nothing that means another format
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for another name, a layer without an ONNX form, or a net of 2 GiB or more,
   *   `ERR_BAD_FILE` if the file cannot be written, `ERR_NATIVE_LOAD` without protobufjs
   */
  async exportOnnx(file: string, options?: OnnxExportOptions): Promise<void> {
    await this.busy.exclusively('exportOnnx', async () => {
      requireFileName(file);
      requireEnding('file', file, '.onnx');
      this.model.state.settle();
      const { writeOnnx } = await import('../onnx/export/to-onnx.js');
      const { name, preparation } = this;
      await writeOnnx({ name, preparation, ...this.model }, file, options);
    });
  }

  /** What its files say of the net. */
  protected get description(): ModelDescription {
    const { name, params, preparation } = this;
    return { name, params, preparation, layers: this.model.stack.layers };
  }
}
