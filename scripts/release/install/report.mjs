// The tables of the install test.
import { cpus } from 'node:os';

const seconds = (value) => (value === undefined ? '' : value.toFixed(1));
const megabytes = (bytes) => (bytes === undefined ? '' : (bytes / 1e6).toFixed(1));

/** A table in Markdown: `rows` hold cells by the titles of `columns`, in their order. */
export function table(columns, rows) {
  const line = (cells) =>
    `| ${cells
      .map((cell) =>
        String(cell ?? '')
          .replaceAll('|', '\\|')
          .replaceAll('\n', ' '),
      )
      .join(' | ')} |`;
  return [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n');
}

/** What was installed, how long it took and how large it is. */
export const trialTable = (trials) =>
  table(
    [
      'package manager',
      'in',
      'cold cache, s',
      'warm cache, s',
      'node_modules, MB',
      'packages',
      'losses differ by',
      'passed',
    ],
    trials.map((row) => [
      row.manager,
      row.room,
      seconds(row.cold),
      seconds(row.warm),
      megabytes(row.bytes) || '',
      row.packages || '',
      row.difference === undefined ? '' : row.difference.toExponential(1),
      row.failure ? `${row.passed.join(', ')}; FAILED: ${row.failure.split('\n')[0]}` : row.passed.join(', '),
    ]),
  );

export const packageTable = (packages) =>
  table(
    ['package', 'packed, MB', 'unpacked, MB'],
    packages.map(({ name, packed, unpacked, standIn }) =>
      standIn ? [name, 'stand-in', ''] : [name, megabytes(packed), megabytes(unpacked)],
    ),
  );

export const failureTable = (failures) =>
  table(
    ['what is wrong', 'message', 'what it names was done, and it works'],
    failures.map(({ title, message, mended, failure }) => [
      title,
      failure ? `FAILED: ${failure.split('\n')[0]}` : message,
      mended ? 'yes' : '',
    ]),
  );

export const bundleTable = (bundles) =>
  table(
    ['bundle', 'result'],
    bundles.map(({ title, result, failure }) => [title, failure ? `FAILED: ${failure.split('\n')[0]}` : result]),
  );

/** Everything in one page of Markdown. */
export function page({ version, packages, trials, failures, bundles, notes, node }) {
  const parts = [
    `# Install test of blasnet ${version}`,
    [`CPU: ${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores; Node.js ${node}.`, ...notes].join('\n'),
    `## Packages\n\n${packageTable(packages)}`,
    `## Package managers\n\n${trialTable(trials)}`,
    failures.length > 0 && `## Errors\n\n${failureTable(failures)}`,
    bundles.length > 0 && `## Bundlers\n\n${bundleTable(bundles)}`,
  ];
  return `${parts.filter(Boolean).join('\n\n')}\n`;
}

/** Sentences about what failed. */
export const failuresOf = ({ trials, failures, bundles }) =>
  [
    ...trials.map(({ manager, room, failure }) => failure && `${manager} in ${room}: ${failure}`),
    ...failures.map(({ title, failure }) => failure && `${title}: ${failure}`),
    ...bundles.map(({ title, failure }) => failure && `${title}: ${failure}`),
  ].filter(Boolean);
