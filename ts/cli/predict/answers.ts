import { shortestDecimal } from '../../core/number-formats.js';
import type { ForecastPreparation } from '../../data/preparation/preparation.js';
import type { NeuralNet, Prediction, Tensor } from '../../index.js';
import type { KeptColumns } from './kept-columns.js';

/** The formats of answers. */
export type Format = 'csv' | 'json';

/** Formats predictions as text. */
export interface AnswerWriter {
  /** Returns the text in front of all rows. */
  start(first: Prediction, kept: KeptColumns | undefined): string;
  rows(prediction: Prediction, kept: KeptColumns | undefined): string;
  end(): string;
}

/** Returns the writer of a format for a net's answers. */
export function answerWriter(format: Format, net: NeuralNet): AnswerWriter {
  const forecast = forecastIn(net);
  if (forecast) return format === 'csv' ? forecastCsvWriter(forecast) : forecastJsonWriter(forecast);
  return format === 'csv' ? csvWriter(net) : jsonWriter(net);
}

/** `class,p(setosa),p(versicolor),…` for classifiers, else `prediction`, or `prediction_1,prediction_2,…`. */
function csvWriter(net: NeuralNet): AnswerWriter {
  return {
    start({ classes, outputs }, kept) {
      const names = isFitting(net)
        ? numbered('prediction', outputs.rowSize)
        : outputNames(net, outputs.rowSize).map((name) => `p(${name})`);
      const answers = [...(classes ? ['class'] : []), ...names].map((name) => freeName(name, kept));
      return `${[...(kept?.names ?? []), ...answers].map(cellOf).join(',')}\n`;
    },
    rows({ classes, outputs }, kept) {
      const lines = Array.from({ length: outputs.rows }, (_, row) =>
        [
          ...(kept?.rows[row]?.map(cellOf) ?? []),
          ...(classes ? [cellOf(classes[row]!)] : []),
          ...numbersOf(outputs, row),
        ].join(','),
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
    rows({ classes, outputs }, kept) {
      const names = isFitting(net) ? undefined : outputNames(net, outputs.rowSize);
      let text = '';
      for (let row = 0; row < outputs.rows; row++) {
        const numbers = numbersOf(outputs, row).map(Number);
        const answers: [string, unknown][] = names
          ? [
              ...(classes ? [['class', classes[row]] as [string, unknown]] : []),
              ['probabilities', Object.fromEntries(names.map((name, i) => [name, numbers[i]]))],
            ]
          : [['prediction', numbers.length === 1 ? numbers[0] : numbers]];
        const entries = [
          ...(kept?.names.map((name, i) => [name, kept.rows[row]![i]] as const) ?? []),
          ...answers.map(([name, answer]) => [freeName(name, kept), answer] as const),
        ];
        text += separator + JSON.stringify(Object.fromEntries(entries));
        separator = ',\n';
      }
      return text;
    },
    end: () => '\n]\n',
  };
}

/** The time steps and targets that the outputs of a net forecast; undefined for other nets. */
function forecastIn({ preparation }: NeuralNet): ForecastPreparation | undefined {
  return preparation?.forecast ?? Object.values(preparation?.targets ?? {})[0]?.forecast;
}

/** `step,load,…`, a line for each time step. */
function forecastCsvWriter({ targets, ...forecast }: ForecastPreparation): AnswerWriter {
  return {
    start: () => `${['step', ...targets].map(cellOf).join(',')}\n`,
    rows: ({ outputs }) =>
      stepsOf(outputs, targets.length, forecast)
        .map(([step, numbers]) => `${[step, ...numbers].join(',')}\n`)
        .join(''),
    end: () => '',
  };
}

/** `{ step, load, … }` for each time step, one a line in an array. */
function forecastJsonWriter({ targets, ...forecast }: ForecastPreparation): AnswerWriter {
  let separator = '[\n';
  return {
    start: () => '',
    rows({ outputs }) {
      let text = '';
      for (const [step, numbers] of stepsOf(outputs, targets.length, forecast)) {
        const entries = targets.map((name, i) => [name, Number(numbers[i])] as const);
        text += separator + JSON.stringify({ step, ...Object.fromEntries(entries) });
        separator = ',\n';
      }
      return text;
    },
    end: () => '\n]\n',
  };
}

/** The number of each time step, counted from the window's end, and the forecasts of the targets. */
function stepsOf(
  outputs: Tensor,
  targets: number,
  { horizon, gap = 0 }: Pick<ForecastPreparation, 'horizon' | 'gap'>,
): (readonly [step: number, numbers: readonly string[]])[] {
  const steps = outputs.reshape([outputs.rows * horizon, targets]);
  return Array.from({ length: steps.rows }, (_, i) => [gap + 1 + (i % horizon), numbersOf(steps, i)]);
}

/** The name of an answer that no kept column has: `class`, else `predicted_class`. */
function freeName(name: string, kept: KeptColumns | undefined): string {
  return kept?.names.includes(name) ? freeName(`predicted_${name}`, kept) : name;
}

const isFitting = ({ params }: NeuralNet) => params.netType === 'fitting';

/** The class of each probability; a single one is that of the second class. */
function outputNames({ preparation, params }: NeuralNet, width: number): readonly string[] {
  const [target, ...others] = Object.values(preparation?.targets ?? {});
  const classes = preparation?.classes ?? (others.length === 0 ? target?.classes : undefined);
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

/** A cell of a CSV file; null and undefined are empty cells. */
function cellOf(value: unknown): string {
  const text = typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value ?? '');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
