import type { NeuralNet, Tensor, TimeSeriesReader } from '../../index.js';

/** Errors of forecasts over all steps of the horizon, in units of the file. */
export interface ForecastErrors {
  readonly meanAbsoluteError: number;
  readonly rootMeanSquaredError: number;
}

/** The errors of a net's forecasts of one target, beside those of forecasts without a net. */
export interface ForecastResult extends ForecastErrors {
  readonly target: string;
  /** The last value of the window, as the forecast of all steps. */
  readonly lastValue: ForecastErrors;
  /** The value one season before as the forecast. */
  readonly season?: ForecastErrors & { readonly steps: number };
}

/** Measures the forecasts of a set, target by target. */
export function forecastResults(
  net: NeuralNet,
  reader: TimeSeriesReader,
  set: 'test' | 'validation',
  steps: number | undefined,
): readonly ForecastResult[] {
  const { inputs, targets } = reader.namedTensors(set);
  const { scale, offset } = net.preparation?.y ?? {};
  const inUnits = ({ data, rowSize }: Pick<Tensor, 'data' | 'rowSize'>) =>
    Float64Array.from(data, (value, i) => value * (scale?.[i % rowSize] ?? 1) + (offset?.[i % rowSize] ?? 0));
  const real = inUnits(targets[''] as Tensor);
  const forecasts = inUnits(net.inference(inputs['']!) as Tensor);
  const last = reader.naiveForecast({ set }).data;
  const before = steps === undefined ? undefined : reader.naiveForecast({ set, season: steps }).data;
  const { targetNames } = reader;
  return targetNames.map((target, i): ForecastResult => {
    const errors = (numbers: ArrayLike<number>) => errorsOf(numbers, real, i, targetNames.length);
    return {
      target,
      ...errors(forecasts),
      lastValue: errors(last),
      ...(before && { season: { steps: steps!, ...errors(before) } }),
    };
  });
}

/** The errors of the numbers at first, first + step, first + 2 · step and so on. */
function errorsOf(forecasts: ArrayLike<number>, real: Float64Array, first: number, step: number): ForecastErrors {
  let [absolute, squared, count] = [0, 0, 0];
  for (let i = first; i < real.length; i += step) {
    const error = forecasts[i]! - real[i]!;
    absolute += Math.abs(error);
    squared += error * error;
    count++;
  }
  return { meanAbsoluteError: absolute / count, rootMeanSquaredError: Math.sqrt(squared / count) };
}
