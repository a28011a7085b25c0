import type { MetricValues } from '../metrics/metric.js';
import type { CheckpointRecord, TrainingProgress } from '../training-history.js';

/** Shows the progress of a training run. */
export interface ProgressDisplay {
  update(progress: TrainingProgress): void;
  checkpoint(record: CheckpointRecord): void;
  /** Draws the last state and lets go of the terminal. Safe to call twice. */
  stop(): void;
}

/** Options of a display. */
export interface ProgressDisplayOptions {
  /** Where to write; default: the standard error. */
  readonly stream?: NodeJS.WriteStream | undefined;
  /** The name of the figure beside the loss: 'R²' for nets that fit, 'accuracy' (default) for classifiers. */
  readonly figure?: string | undefined;
}

/** Values for the bar besides its own. */
interface Payload {
  readonly progress: TrainingProgress;
  readonly checkpoint: CheckpointRecord | undefined;
}

const barWidth = 20;
const secondsBetweenLines = 5;

/**
 * Creates a progress bar on a terminal. On any other stream it writes plain lines: one for each finished epoch, one after
 * every five seconds without one, and the last state at the end.
 *
 * The cursor is never hidden, line wrapping never changed and no signal caught, so an interrupted process leaves
 * the terminal as it was. On a terminal a timer runs until `stop`.
 */
export async function createProgressDisplay(options: ProgressDisplayOptions = {}): Promise<ProgressDisplay> {
  const { stream = process.stderr, figure = 'accuracy' } = options;
  const isTerminal = stream.isTTY && process.env.TERM !== 'dumb';
  return isTerminal ? terminalDisplay(stream, figure) : plainDisplay(stream, { figure });
}

async function terminalDisplay(stream: NodeJS.WriteStream, figure: string): Promise<ProgressDisplay> {
  const { default: cliProgress } = await import('cli-progress');
  const bar = new cliProgress.SingleBar({
    stream,
    hideCursor: false,
    // True leaves the terminal's own wrapping alone; `format` keeps the line short enough.
    linewrap: true,
    gracefulExit: false,
    emptyOnZero: true,
    format: (_options, { progress: done, maxWidth }, { progress, checkpoint }: Payload) => {
      const bar = `${formatBar(done, barWidth)}  `;
      return bar + formatProgress(progress, checkpoint, { width: maxWidth - 1 - bar.length, figure });
    },
  });
  let checkpoint: CheckpointRecord | undefined;
  let state: 'new' | 'running' | 'stopped' = 'new';
  return {
    update(progress) {
      if (state === 'stopped') return;
      const payload: Payload = { progress, checkpoint: progress.checkpoint ?? checkpoint };
      if (state === 'new') {
        state = 'running';
        bar.start(progress.totalIterations, progress.iteration, payload);
      } else {
        bar.setTotal(progress.totalIterations);
        bar.update(progress.iteration, payload);
      }
    },
    checkpoint(record) {
      checkpoint = record;
    },
    stop() {
      if (state === 'running') bar.stop();
      state = 'stopped';
    },
  };
}

/**
 * Writes lines to a stream that is no terminal, such as a log file.
 * @param now - a clock in milliseconds
 */
export function plainDisplay(
  stream: { write(text: string): unknown },
  { now = () => performance.now(), figure = 'accuracy' }: { now?: () => number; figure?: string } = {},
): ProgressDisplay {
  let checkpoint: CheckpointRecord | undefined;
  let unwritten: TrainingProgress | undefined;
  let lastTime = now();
  let lastEpochs = 0;
  let stopped = false;
  const write = (progress: TrainingProgress) => {
    stream.write(`${formatProgress(progress, progress.checkpoint ?? checkpoint, { figure })}\n`);
    unwritten = undefined;
    lastTime = now();
  };
  return {
    update(progress) {
      if (stopped) return;
      const epochs = Math.floor(progress.iteration / progress.iterationsPerEpoch);
      unwritten = progress;
      if (epochs > lastEpochs || now() - lastTime >= secondsBetweenLines * 1000) write(progress);
      lastEpochs = epochs;
    },
    checkpoint(record) {
      checkpoint = record;
    },
    stop() {
      if (unwritten !== undefined) write(unwritten);
      stopped = true;
    },
  };
}

/**
 * Formats one line such as `epoch 3/10  step 2579/8600  loss 0.0812  accuracy 0.9761  212,000 samples/s  9 s left`. Pace
 * and time left are missing as long as they are unknown.
 * @param checkpoint - the last one, whose validation loss, accuracy and metrics are shown if it has them
 * @param width - the number of characters that fit; the least important parts are left out first, then the line is cut
 * @param figure - the name of the figure beside the loss
 */
export function formatProgress(
  progress: TrainingProgress,
  checkpoint?: CheckpointRecord,
  { width = Number.POSITIVE_INFINITY, figure = 'accuracy' }: { width?: number; figure?: string } = {},
): string {
  const { epoch, maxEpoch, iteration, totalIterations, loss, accuracy, samplesPerSecond, secondsLeft } = progress;
  const { lossValidation, accuracyValidation } = checkpoint ?? {};
  // A rank says how early a part is left out: the highest goes first.
  let parts = [
    { rank: 0, text: `epoch ${epoch}/${maxEpoch}` },
    { rank: 4, text: `step ${iteration}/${totalIterations}` },
    { rank: 1, text: `loss ${formatNumber(loss)}` },
  ];
  if (!Number.isNaN(accuracy)) parts.push({ rank: 2, text: `${figure} ${formatNumber(accuracy)}` });
  for (const text of metricTexts(progress.metrics)) parts.push({ rank: 7, text });
  if (lossValidation !== undefined) parts.push({ rank: 5, text: `validation loss ${formatNumber(lossValidation)}` });
  if (accuracyValidation !== undefined && !Number.isNaN(accuracyValidation))
    parts.push({ rank: 6, text: `validation ${figure} ${formatNumber(accuracyValidation)}` });
  for (const text of metricTexts(checkpoint?.validationMetrics)) parts.push({ rank: 8, text: `validation ${text}` });
  if (Number.isFinite(samplesPerSecond) && samplesPerSecond > 0)
    parts.push({ rank: 3, text: formatRate(samplesPerSecond) });
  if (Number.isFinite(secondsLeft)) parts.push({ rank: 1, text: `${formatDuration(secondsLeft)} left` });

  const line = () => parts.map((part) => part.text).join('  ');
  for (let rank = 8; rank > 0 && line().length > width; rank--) parts = parts.filter((part) => part.rank < rank);
  return line().slice(0, Math.max(0, width));
}

/** Metrics that are numbers, without those that are shown as the figure beside the loss. */
function metricTexts(metrics: MetricValues = {}): string[] {
  return Object.entries(metrics).flatMap(([name, value]) =>
    typeof value === 'number' && name !== 'accuracy' && name !== 'r2' ? [`${name} ${formatNumber(value)}`] : [],
  );
}

/** Formats a loss or an accuracy with about four digits: `0.0812`, `123.5`, `3.10e-7`, `NaN`. */
export function formatNumber(value: number): string {
  const size = Math.abs(value);
  if (!Number.isFinite(value)) return String(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e5)) return value.toExponential(2);
  return value.toFixed(size < 100 ? 4 : 1);
}

/** Formats a pace with three significant digits: `212,000 samples/s`. */
export function formatRate(samplesPerSecond: number): string {
  return `${samplesPerSecond.toLocaleString('en-US', { maximumSignificantDigits: 3 })} samples/s`;
}

/** Formats a time in its two largest units: `9 s`, `1 min 05 s`, `2 h 03 min`, `4 d 01 h`. Fractions of a second round up. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return twoUnits(whole, 60, 'min', 1, 's');
  if (whole < 86400) return twoUnits(whole, 3600, 'h', 60, 'min');
  return twoUnits(whole, 86400, 'd', 3600, 'h');
}

function twoUnits(seconds: number, large: number, largeName: string, small: number, smallName: string): string {
  const rest = Math.floor((seconds % large) / small);
  return `${Math.floor(seconds / large)} ${largeName} ${String(rest).padStart(2, '0')} ${smallName}`;
}

/** Formats a bar: `[#####---------------]` for a quarter. */
export function formatBar(fraction: number, width: number): string {
  const filled = Math.round(fraction * width);
  return `[${'#'.repeat(filled)}${'-'.repeat(width - filled)}]`;
}
