import { given } from '../given.js';
import type { NeuralNet } from '../neural-net.js';
import type { Prediction } from '../preparation/prediction.js';

/** A tensor in metadata; −1 is any number of rows. */
export interface TensorMetadata {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
}

/** What metadata says about a net. */
export interface NetDescription {
  readonly inputs: readonly TensorMetadata[];
  readonly outputs: readonly TensorMetadata[];
  readonly parameters: {
    readonly net_type: string;
    /** Channels, height and width. */
    readonly image?: readonly number[];
    readonly classes?: readonly string[];
  };
}

/** @param example - the net's answer to any row */
export function describeNet(
  { params, preparation }: NeuralNet,
  rowShape: readonly number[],
  example: Prediction,
): NetDescription {
  const datatype = params.dtype === 'float64' ? 'FP64' : 'FP32';
  const columns = preparation?.columns?.map(({ name, encoding }) => ({
    name,
    datatype: encoding === 'none' ? 'FP64' : 'BYTES',
    shape: [-1],
  }));
  const outputs = [{ name: 'output', datatype, shape: [-1, ...example.outputs.shape.slice(1)] }];
  if (example.classes) outputs.push({ name: 'class', datatype: 'BYTES', shape: [-1] });
  return {
    inputs: columns ?? [{ name: 'input', datatype, shape: [-1, ...rowShape] }],
    outputs,
    parameters: {
      net_type: params.netType,
      ...given({ image: preparation?.image ?? imageOf(rowShape), classes: preparation?.classes }),
    },
  };
}

/** Rows of three lengths are images. */
function imageOf(rowShape: readonly number[]): readonly number[] | undefined {
  return rowShape.length === 3 ? rowShape : undefined;
}
