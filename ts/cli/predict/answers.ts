import type { NeuralNet, Prediction, Tensor } from '../../index.js';
import { shortestDecimal } from '../../number-formats.js';

export type Format = 'csv' | 'json';

/** Makes text of predictions. */
export interface AnswerWriter {
  /** What stands in front of all rows. */
  start(first: Prediction): string;
  rows(prediction: Prediction): string;
  end(): string;
}

/** The writer of a format for a net's answers. */
export function answerWriter(format: Format, net: NeuralNet): AnswerWriter {
  return format === 'csv' ? csvWriter(net) : jsonWriter(net);
}

/** `class,p(setosa),p(versicolor),…` for classifiers, else `prediction`, or `prediction_1,prediction_2,…`. */
function csvWriter(net: NeuralNet): AnswerWriter {
  return {
    start({ classes, outputs }) {
      const names = isFitting(net)
        ? numbered('prediction', outputs.rowSize)
        : outputNames(net, outputs.rowSize).map((name) => `p(${name})`);
      return `${[...(classes ? ['class'] : []), ...names].map(cellOf).join(',')}\n`;
    },
    rows({ classes, outputs }) {
      const lines = Array.from({ length: outputs.rows }, (_, row) =>
        [...(classes ? [cellOf(classes[row]!)] : []), ...numbersOf(outputs, row)].join(','),
      );
      return `${lines.join('\n')}\n`;
    },
    end: () => '',
  };
}

/** `{ prediction }` for fitting, `{ class, probabilities }` for classifiers, one a line in an array. */
function jsonWriter(net: NeuralNet): AnswerWriter {
  let separator = '[\n';
  return {
    start: () => '',
    rows({ classes, outputs }) {
      const names = isFitting(net) ? undefined : outputNames(net, outputs.rowSize);
      let text = '';
      for (let row = 0; row < outputs.rows; row++) {
        const numbers = numbersOf(outputs, row).map(Number);
        const answer = names
          ? {
              ...(classes && { class: classes[row] }),
              probabilities: Object.fromEntries(names.map((name, i) => [name, numbers[i]])),
            }
          : { prediction: numbers.length === 1 ? numbers[0] : numbers };
        text += separator + JSON.stringify(answer);
        separator = ',\n';
      }
      return text;
    },
    end: () => '\n]\n',
  };
}

const isFitting = ({ params }: NeuralNet) => params.netType === 'fitting';

/** What each probability is of: of one output it is that of the second class. */
function outputNames({ preparation, params }: NeuralNet, width: number): readonly string[] {
  const { classes } = preparation ?? {};
  if (params.netType === 'binaryClassifier') return width === 1 ? [classes?.[1] ?? '1'] : numbered('output', width);
  return classes?.length === width ? classes : Array.from({ length: width }, (_, i) => String(i));
}

function numbered(name: string, count: number): readonly string[] {
  return count === 1 ? [name] : Array.from({ length: count }, (_, i) => `${name}_${i + 1}`);
}

/** A row's numbers with as few digits as give the same number back. */
function numbersOf({ data, dtype, rowSize }: Tensor, row: number): string[] {
  const numbers = Array.from(data.subarray(row * rowSize, (row + 1) * rowSize));
  return numbers.map((number) => String(dtype === 'float32' ? shortestDecimal(number) : number));
}

function cellOf(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
