import { definedFields } from '../core/objects.js';
import type { ColumnEncoding } from '../data/preparation/column-encoding.js';
import type { Prediction } from '../data/preparation/prediction.js';
import type { NeuralNet } from '../neural-net.js';

/** An input or output in a model's metadata; −1 in the shape is any number of rows. */
export interface TensorMetadata {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  /** For columns of a table only. */
  readonly parameters?: ColumnParameters;
}

interface ColumnParameters {
  /** The known categories; other names are refused, or count as no category. */
  readonly categories?: readonly string[];
  /** The text that marks a missing cell (datatype BYTES, in columns of numbers, too); undefined where none may be missing. */
  readonly missing?: string;
}

/** The part of a model's metadata that describes its net. */
export interface NetDescription {
  readonly inputs: readonly TensorMetadata[];
  readonly outputs: readonly TensorMetadata[];
  readonly parameters: {
    readonly net_type: string;
    /** Channels, height and width. */
    readonly image?: readonly number[];
    /** The values of paper and ink in raw pixels, where they are known. */
    readonly image_range?: readonly [number, number];
    /** The names of an input's numbers. */
    readonly feature_names?: readonly string[];
    readonly classes?: readonly string[];
  };
}

/**
 * Describes a net for metadata.
 * @param example - the net's answer to any row
 */
export function describeNet(
  { params, preparation }: NeuralNet,
  rowShape: readonly number[],
  example: Prediction,
): NetDescription {
  const datatype = params.dtype === 'float64' ? 'FP64' : 'FP32';
  const columns = preparation?.columns?.map(columnInput);
  const outputs = [{ name: 'output', datatype, shape: [-1, ...example.outputs.shape.slice(1)] }];
  if (example.classes) outputs.push({ name: 'class', datatype: 'BYTES', shape: [-1] });
  return {
    inputs: columns ?? [{ name: 'input', datatype, shape: [-1, ...rowShape] }],
    outputs,
    parameters: {
      net_type: params.netType,
      ...definedFields({
        image: preparation?.image ?? imageOf(rowShape),
        // Image readers keep bytes.
        image_range: preparation?.image && ([0, 255] as const),
        classes: preparation?.classes,
        feature_names: columns ? undefined : preparation?.featureNames,
      }),
    },
  };
}

function columnInput(column: ColumnEncoding): TensorMetadata {
  const { name, encoding, categories, missingCells, missing, unknown } = column;
  const mayBeMissing = missing !== 'error' && !(missing === 'unknown' && unknown === 'error');
  return {
    name,
    datatype: encoding === 'none' ? 'FP64' : 'BYTES',
    shape: [-1],
    parameters: definedFields({ categories, missing: mayBeMissing ? missingCells[0] : undefined }),
  };
}

/** Rows with three dimensions are images. */
function imageOf(rowShape: readonly number[]): readonly number[] | undefined {
  return rowShape.length === 3 ? rowShape : undefined;
}
