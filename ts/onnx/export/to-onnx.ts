// @internal
import { badArgument, shapeMismatch } from '../../core/errors.js';
import { checkOptions, isFields } from '../../core/fields.js';
import { writeFileAtomic } from '../../core/files.js';
import { type FeatureScaling, isRowPreparation, type Preparation } from '../../data/preparation/preparation.js';
import type { HyperParameters } from '../../hyper-parameters.js';
import type { LayerStack } from '../../net/layer-stack.js';
import { versions } from '../../runtime/environment.js';
import { arrayOf, type DType, sizeOf } from '../../tensor/tensor.js';
import { metadataKeys } from '../messages.js';
import { modelCodec } from '../schema.js';
import { LayerExporter } from './layers.js';
import { type BoundInput, ModelBuilder } from './model-builder.js';
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
  /**
   * Shape of one row, for a net whose first layer takes any, by the inputs' names where there are several; default: that of
   * its preparation, or of its inputs.
   */
  readonly inputShape?: readonly number[] | Readonly<Record<string, readonly number[]>> | undefined;
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

/** Encodes a net as an ONNX model, with any number of rows. @throws BlasnetError `ERR_BAD_ARGUMENT` */
export async function toOnnx(
  { name, params, stack, preparation }: ExportedNet,
  options: OnnxExportOptions = {},
): Promise<Uint8Array> {
  checkOptions(options, ['preparation', 'dtype', 'inputShape']);
  const { dtype = params.dtype } = options;
  if (stack.layers.length === 0) throw badArgument('the net', 'at least one layer', 'none');
  if (preparation && !isRowPreparation(preparation)) {
    throw badArgument('preparation', 'one without names', Object.keys(preparation.inputs!).join(', '));
  }
  const rowShapes = stack.inputs.map((input) => {
    const given = isFields(options.inputShape) ? options.inputShape[input.name] : options.inputShape;
    const rowShape = given ?? preparation?.inputShape ?? input.rowShape;
    if (!isRowShape(rowShape) && given !== undefined) throw badArgument('inputShape', 'the shape of one row', given);
    if (!rowShape) throw badArgument('inputShape', 'the shape of one row', rowShape);
    return rowShape;
  });
  const shapes = stack.shapes(...rowShapes);
  stack.requireAttached();
  const numbers = Object.values(stack.block).reduce((sum, { size }) => sum + size, -stack.block.gradient.size);
  if (numbers * arrayOf(dtype).BYTES_PER_ELEMENT > mostBytes - 2 ** 20) {
    throw badArgument('the net', 'weights of less than 2 GiB', `${numbers} of them`);
  }
  const builder = new ModelBuilder(dtype);
  const prepared = options.preparation === false ? undefined : preparation;
  if (prepared && sizeOf(rowShapes[0]!) !== sizeOf(prepared.inputShape)) {
    throw shapeMismatch('inputShape', `${sizeOf(prepared.inputShape)} numbers`, `[${rowShapes[0]!.join(', ')}]`);
  }
  const inputs = stack.inputs.map(({ name: given, dtype: type }, i) => ({
    name: builder.free(given || 'input'),
    rowShape: rowShapes[i]!,
    type: type === 'int32' ? type : dtype,
  }));
  const isNamed = stack.outputs.length > 1;
  const outputNames = stack.outputs.map((output) => builder.free(isNamed ? output.name : 'output'));
  const values = layersOf(builder, stack, inputs, prepared?.x);
  const outputs = stack.outputs.map((output, i) => {
    const value = values[output.value]!;
    const isScaled = prepared?.y && params.netType === 'fitting';
    return {
      name: outputNames[i]!,
      rowShape: output.value < inputs.length ? rowShapes[output.value]! : shapes[output.value - inputs.length]!,
      type: dtype,
      value: isScaled ? exportLabelScaling(builder, value, prepared.y!) : value,
    };
  });
  const model = builder.finish(
    name || 'net',
    versions.blasnet,
    { inputs, outputs },
    {
      [metadataKeys.netType]: params.netType,
      ...(prepared && { [metadataKeys.preparation]: JSON.stringify(prepared) }),
      ...(preparation?.classes && { [metadataKeys.classes]: JSON.stringify(preparation.classes) }),
    },
  );
  return (await modelCodec()).encode(model);
}

/** Adds all layers; returns the names of the inputs' and steps' values. */
function layersOf(
  builder: ModelBuilder,
  stack: LayerStack,
  inputs: readonly BoundInput[],
  scaling: FeatureScaling | undefined,
): readonly string[] {
  const exporter = new LayerExporter(builder);
  const values = inputs.map(({ name, rowShape, type }) => {
    if (type === 'int32') exporter.integers.add(name);
    const value = scaling ? exportFeatureScaling(builder, name, rowShape, scaling) : name;
    exporter.setRowShape(value, rowShape);
    return value;
  });
  for (const { step, layer, sources } of stack.steps) {
    values.push(
      exporter.layer(
        step,
        layer,
        sources.map((source) => values[source]!),
      ),
    );
  }
  return values;
}

const isRowShape = (shape: readonly number[] | undefined): shape is readonly number[] =>
  Array.isArray(shape) && shape.length > 0 && shape.every((size) => Number.isSafeInteger(size) && size > 0);
