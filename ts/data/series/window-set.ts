// @internal
import { badArgument } from '../../core/errors.js';
import { Tensor } from '../../tensor/tensor.js';
import { ColumnStatistics, quartilesOf } from '../column-statistics.js';
import { Normalizer } from '../normalizer.js';
import { type Part, partOf, type SetName, type Side } from '../part.js';
import { rowsOf } from '../rows.js';
import type { Scaling } from '../scaling.js';
import { TrackedSet } from '../tracked-set.js';
import type { WindowSizes } from './check-window-options.js';
import type { WindowStarts } from './window-split.js';

/** The features and the targets of one series, [time, columns] each, and its windows. */
export interface CutSeries {
  readonly features: Tensor;
  readonly targets: Tensor;
  readonly starts: WindowStarts;
}

/** So many numbers of windows take 4 GiB of float64. */
const mostNumbers = 2 ** 29;

/** Windows of series in memory. Scaling goes by the columns of the series, over the time of the training windows. */
export class WindowSet extends TrackedSet {
  readonly #series: readonly CutSeries[];
  readonly #sizes: WindowSizes;

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for more numbers than are sensible */
  constructor(series: readonly CutSeries[], sizes: WindowSizes) {
    const windows = series.reduce((sum, { starts }) => sum + starts.train.length + starts.test.length, 0);
    const [{ features, targets }] = series as readonly [CutSeries];
    const width = sizes.length * features.rowSize + sizes.horizon * targets.rowSize;
    if (windows * width > mostNumbers) {
      const hint = 'a greater stride makes fewer windows';
      throw badArgument('windows', `at most ${mostNumbers} numbers`, `${windows} windows of ${width}`, hint);
    }
    const part = (set: SetName) => windowsOf(series, sizes, set);
    super(part('train')!, { test: part('test'), validation: part('validation') });
    this.#series = series;
    this.#sizes = sizes;
  }

  override normalizerOf(side: Side, _name: string, { method, fitOn }: Scaling): Normalizer {
    const { length, horizon } = this.#sizes;
    const tensors = this.#series.map(({ features, targets, starts }) => {
      const whole = side === 'inputs' ? features : targets;
      return fitOn === 'train' ? whole.slice(0, starts.past) : whole;
    });
    const statistics = new ColumnStatistics(tensors[0]!.rowSize);
    for (const tensor of tensors) statistics.add(tensor);
    const { offset, scale } = Normalizer.of(method, statistics, () => quartilesOf(tensors)).inverse;
    const times = side === 'inputs' ? length : horizon;
    return new Normalizer(repeatedly(offset, times), repeatedly(scale, times));
  }
}

function repeatedly(values: readonly number[], times: number): Float64Array {
  return Float64Array.from({ length: values.length * times }, (_, i) => values[i % values.length]!);
}

/** The windows of a set, series by series: x [length, features], y [horizon · targets], step by step. */
function windowsOf(series: readonly CutSeries[], sizes: WindowSizes, set: SetName): Part | undefined {
  const count = series.reduce((sum, { starts }) => sum + starts[set].length, 0);
  if (count === 0) return undefined;
  const [{ features, targets }] = series as readonly [CutSeries];
  const { length, horizon, gap } = sizes;
  const x = Tensor.zeros([count, length, features.rowSize], features.dtype);
  const y = Tensor.zeros([count, horizon * targets.rowSize], targets.dtype);
  let row = 0;
  for (const { features, targets, starts } of series) {
    for (const start of starts[set]) {
      const first = start + length + gap;
      x.data.set(rowsFrom(features, start, length), row * x.rowSize);
      y.data.set(rowsFrom(targets, first, horizon), row * y.rowSize);
      row++;
    }
  }
  return partOf(rowsOf(x), rowsOf(y));
}

const rowsFrom = ({ data, rowSize }: Tensor, first: number, count: number) =>
  data.subarray(first * rowSize, (first + count) * rowSize);
