import { definedFields } from '../core/objects.js';
import type { ColumnEncoding } from '../data/preparation/column-encoding.js';
import { NamedPreparer } from '../data/preparation/named-preparer.js';
import type { Prediction } from '../data/preparation/prediction.js';
import type { ForecastPreparation, InputPreparation } from '../data/preparation/preparation.js';
import type { Preparer } from '../data/preparation/preparer.js';
import type { Answers } from '../inference/row-predictor.js';
import type { NeuralNet } from '../neural-net.js';
import { Tensor } from '../tensor/tensor.js';

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
  /** Whether its cells are whole texts. */
  readonly text?: true;
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
    /** The forecast that the output makes: step by step, all targets of a step together. */
    readonly forecast?: ForecastPreparation;
  };
}

/** A tensor of an answer. */
export interface AnswerPart {
  readonly name: string;
  /** The net's output that it belongs to; undefined where the net has only one. */
  readonly output: string | undefined;
  readonly isClass: boolean;
}

/**
 * The tensors of a net's answers: `output`, and `class` for classifiers; where there are several outputs, those names stand
 * behind theirs: `price.output`.
 * @param example - the net's answer to any row
 */
export function answerParts(example: Answers): readonly AnswerPart[] {
  if (isPrediction(example)) return partsOf(example, undefined);
  return Object.entries(example).flatMap(([output, one]) => partsOf(one, output));
}

function partsOf({ classes }: Prediction, output: string | undefined): readonly AnswerPart[] {
  const prefix = output === undefined ? '' : `${output}.`;
  const parts = [{ name: `${prefix}output`, output, isClass: false }];
  return classes ? [...parts, { name: `${prefix}class`, output, isClass: true }] : parts;
}

/** The answers of the output that a part belongs to. */
export function answerOf(answers: Answers, { output }: Pick<AnswerPart, 'output'>): Prediction {
  return output === undefined ? (answers as Prediction) : (answers as Readonly<Record<string, Prediction>>)[output]!;
}

const isPrediction = (answers: Answers): answers is Prediction => answers.outputs instanceof Tensor;

/**
 * Describes a net for metadata.
 * @param example - the net's answer to any row
 */
export function describeNet(
  { params, preparation }: NeuralNet,
  preparer: Preparer | NamedPreparer,
  rowShape: readonly number[],
  example: Answers,
): NetDescription {
  const datatype = params.dtype === 'float64' ? 'FP64' : 'FP32';
  const isNamed = preparer instanceof NamedPreparer;
  const steps = preparation?.window ? [preparation.window.length] : [];
  const columns = (isNamed ? preparer.columns : preparation?.columns)?.map((column) => columnInput(column, steps));
  const targets = Object.values(preparation?.targets ?? {});
  const inputs = isNamed
    ? Object.entries(preparer.inputs).map(([name, input]) => namedInput(name, input, datatype))
    : [{ name: 'input', datatype, shape: [-1, ...rowShape] }];
  const outputs = answerParts(example).map((part): TensorMetadata => {
    if (part.isClass) return { name: part.name, datatype: 'BYTES', shape: [-1] };
    return { name: part.name, datatype, shape: [-1, ...answerOf(example, part).outputs.shape.slice(1)] };
  });
  return {
    inputs: columns ?? inputs,
    outputs,
    parameters: {
      net_type: params.netType,
      ...definedFields({
        image: preparation?.image ?? imageOf(rowShape),
        // Image readers keep bytes.
        image_range: preparation?.image && ([0, 255] as const),
        classes: preparation?.classes ?? (targets.length === 1 ? targets[0]!.classes : undefined),
        forecast: preparation?.forecast,
        feature_names: columns ? undefined : preparation?.featureNames,
      }),
    },
  };
}

/** An input without a name is called 'input'. */
function namedInput(name: string, { inputShape, dtype }: InputPreparation, datatype: string): TensorMetadata {
  return { name: name || 'input', datatype: dtype ? 'INT32' : datatype, shape: [-1, ...inputShape] };
}

/** @param steps - the time steps of a window */
function columnInput(column: ColumnEncoding, steps: readonly number[]): TensorMetadata {
  const { name, encoding, categories, missingCells, missing, unknown } = column;
  const mayBeMissing = missing !== 'error' && !(missing === 'unknown' && unknown === 'error');
  return {
    name,
    datatype: encoding === 'none' ? 'FP64' : 'BYTES',
    shape: [-1, ...steps],
    parameters: definedFields({
      categories,
      missing: mayBeMissing ? missingCells[0] : undefined,
      text: encoding === 'text' ? (true as const) : undefined,
    }),
  };
}

/** Rows with three dimensions are images. */
function imageOf(rowShape: readonly number[]): readonly number[] | undefined {
  return rowShape.length === 3 ? rowShape : undefined;
}
