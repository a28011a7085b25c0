import { badArgument, shapeMismatch } from '../core/errors.js';
import { checkOptions } from '../core/fields.js';
import { definedFields } from '../core/objects.js';
import { lineChart } from './line-chart.js';
import { type PanelOptions, type Point, panelOptionNames } from './panel.js';
import type { Panel } from './specification.js';

/** The true positives of a binary classifier against its false positives, over all thresholds. */
export interface RocCurve {
  /** Share of false positives and share of true positives, from (0, 0) to (1, 1), for falling thresholds. */
  readonly points: readonly Point[];
  /** Area under the curve: the probability that a positive row scores higher than a negative one. */
  readonly area: number;
}

/**
 * Computes the receiver operating characteristic.
 *
 * @param scores higher for rows that are more likely positive
 * @param labels 1 for positive, 0 for negative; both must occur
 * @throws BlasnetError `ERR_SHAPE_MISMATCH` for lists of different length, `ERR_BAD_ARGUMENT` for other labels
 */
export function rocCurve(scores: ArrayLike<number>, labels: ArrayLike<number>): RocCurve {
  if (scores.length !== labels.length) throw shapeMismatch('scores', `${labels.length} values`, `${scores.length}`);
  const rows = Array.from(labels, (label, index) => ({ label, score: scores[index]! }));
  const wrong = rows.find(({ label }) => label !== 0 && label !== 1);
  if (wrong) throw badArgument('labels', '0 or 1', wrong.label);
  const positives = rows.filter(({ label }) => label === 1).length;
  const negatives = rows.length - positives;
  if (positives === 0 || negatives === 0) throw badArgument('labels', 'rows of both classes', 'rows of one');
  rows.sort((a, b) => b.score - a.score);

  const points: Point[] = [[0, 0]];
  let [falsePositives, truePositives, area] = [0, 0, 0];
  rows.forEach(({ label, score }, index) => {
    if (label === 1) truePositives++;
    else falsePositives++;
    // No threshold lies between rows of equal score: they make one diagonal step.
    if (rows[index + 1]?.score === score) return;
    const [x, y] = [falsePositives / negatives, truePositives / positives];
    const [previousX, previousY] = points.at(-1)!;
    area += ((x - previousX) * (y + previousY)) / 2;
    points.push([x, y]);
  });
  return { points, area };
}

/** Draws the curve of `rocCurve`, with the diagonal of a random guess. */
export function rocChart({ points, area }: RocCurve, options: PanelOptions = {}): Panel {
  checkOptions(options, panelOptionNames);
  const axis = { domain: [0, 1], format: '~%' } as const;
  return lineChart(
    [
      { name: `net (area ${area.toFixed(4)})`, points },
      {
        name: 'guess (area 0.5)',
        points: [
          [0, 0],
          [1, 1],
        ],
        mark: 'dashes',
      },
    ],
    {
      width: 300,
      height: 300,
      ...definedFields(options),
      x: { ...axis, title: 'False positives, of all negatives' },
      y: { ...axis, title: 'True positives, of all positives' },
    },
  );
}
