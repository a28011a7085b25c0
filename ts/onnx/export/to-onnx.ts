// @internal
import { badArgument, shapeMismatch } from '../../core/errors.js';
import { checkOptions } from '../../core/fields.js';
import { writeFileAtomic } from '../../core/files.js';
import { isRowPreparation, type Preparation } from '../../data/preparation/preparation.js';
import type { HyperParameters } from '../../hyper-parameters.js';
import type { LayerStack } from '../../net/layer-stack.js';
import { versions } from '../../runtime/environment.js';
import { arrayOf, type DType, sizeOf } from '../../tensor/tensor.js';
import { metadataKeys } from '../messages.js';
import { modelCodec } from '../schema.js';
import { exportLayer } from './layers.js';
import { ModelBuilder } from './model-builder.js';
import { exportFeatureScaling, exportLabelScaling } from './preparation.js';

/** Options of `net.exportOnnx`. */
export interface OnnxExportOptions {
  /**
   * Whether the model includes the scaling of `net.preparation`, so that it takes raw rows and, for fitting, gives labels
   * in their own units; default true. The model takes numbers only: cells such as category names come encoded.
   */
  readonly preparation?: boolean | undefined;
  /** Type of the model's numbers; default: the net's. Many runtimes have some operators for float32 only. */
  readonly dtype?: DType | undefined;
  /** Shape of one row, for a net whose first layer takes any; default: that of its preparation or first layer. */
  readonly inputShape?: readonly number[] | undefined;
}

/** The parts of a net that are exported. */
export interface ExportedNet {
  readonly name: string;
  readonly params: HyperParameters;
  readonly stack: LayerStack;
  readonly preparation: Preparation | undefined;
}

/** Limit on the size of a protocol buffer. */
const mostBytes = 2 ** 31 - 1;

/** Implements `net.exportOnnx`. */
export async function writeOnnx(net: ExportedNet, file: string, options?: OnnxExportOptions): Promise<void> {
  await writeFileAtomic(file, await toOnnx(net, options));
}

/** Encodes a net as an ONNX model from `input` to `output`, with any number of rows. @throws BlasnetError `ERR_BAD_ARGUMENT` */
export async function toOnnx(
  { name, params, stack, preparation }: ExportedNet,
  options: OnnxExportOptions = {},
): Promise<Uint8Array> {
  checkOptions(options, ['preparation', 'dtype', 'inputShape']);
  const { dtype = params.dtype } = options;
  if (stack.layers.length === 0) throw badArgument('the net', 'at least one layer', 'none');
  if (!stack.isChain) throw badArgument('the net', 'a chain of layers, which ONNX export takes,', 'another graph');
  if (preparation && !isRowPreparation(preparation)) {
    throw badArgument('preparation', 'one without names', Object.keys(preparation.inputs!).join(', '));
  }
  const inputShape = options.inputShape ?? preparation?.inputShape ?? stack.inputs[0]!.rowShape;
  if (!isRowShape(inputShape)) throw badArgument('inputShape', 'the shape of one row', inputShape);
  const shapes = stack.shapes(inputShape);
  stack.requireAttached();
  const numbers = stack.block.theta.size + stack.block.statistics.size;
  if (numbers * arrayOf(dtype).BYTES_PER_ELEMENT > mostBytes - 2 ** 20) {
    throw badArgument('the net', 'weights of less than 2 GiB', `${numbers} of them`);
  }
  const builder = new ModelBuilder(dtype, inputShape);
  const prepared = options.preparation === false ? undefined : preparation;
  if (prepared && sizeOf(inputShape) !== sizeOf(prepared.inputShape)) {
    throw shapeMismatch('inputShape', `${sizeOf(prepared.inputShape)} numbers`, `[${inputShape.join(', ')}]`);
  }
  if (prepared?.x) exportFeatureScaling(builder, prepared.x);
  stack.layers.forEach(({ name, layer }, i) => {
    exportLayer(builder, name, layer, shapes[i]!);
  });
  if (prepared?.y && params.netType === 'fitting') exportLabelScaling(builder, prepared.y);
  const model = builder.finish(name || 'net', versions.blasnet, {
    [metadataKeys.netType]: params.netType,
    ...(prepared && { [metadataKeys.preparation]: JSON.stringify(prepared) }),
    ...(preparation?.classes && { [metadataKeys.classes]: JSON.stringify(preparation.classes) }),
  });
  return (await modelCodec()).encode(model);
}

const isRowShape = (shape: readonly number[] | undefined): shape is readonly number[] =>
  Array.isArray(shape) && shape.length > 0 && shape.every((size) => Number.isSafeInteger(size) && size > 0);
