// The queue of sequences by itself, with a clock of the test's.
import test from 'ava';
import type { NetStream } from 'blasnet';
import type { Answers } from '#blasnet/inference/row-predictor';
import { type SequenceJob, Sequences } from '#blasnet/serve/sequences';
import { seriesNet } from '../support/series-nets.js';
import { until } from '../support/serving.js';

class TestClock {
  time = 0;
  #timers: { readonly due: number; readonly run: () => void }[] = [];

  readonly now = () => this.time;
  readonly setTimer = (run: () => void, ms: number) => {
    this.#timers.push({ due: this.time + ms, run });
  };

  advance(ms: number): void {
    this.time += ms;
    const due = this.#timers.filter((timer) => timer.due <= this.time);
    this.#timers = this.#timers.filter((timer) => timer.due > this.time);
    for (const { run } of due) run();
  }
}

/** A job that keeps what becomes of it. */
class TestJob implements SequenceJob {
  readonly deadline = Number.POSITIVE_INFINITY;
  answers: readonly Answers[] | undefined;
  error: unknown;
  isGone = false;
  isSent = true;

  constructor(readonly steps: readonly (readonly number[])[]) {}

  get isSettled(): boolean {
    return this.answers !== undefined || this.error !== undefined;
  }
  isOver(): boolean {
    return this.isGone;
  }
  timeOut(): void {}
  begin(): void {}
  done(answers: readonly Answers[]): boolean {
    this.answers = answers;
    return this.isSent;
  }
  fail(error: unknown): void {
    this.error = error;
  }
}

const begins = { id: 1, isStart: true, isEnd: false };
const goesOn = { id: 1, isStart: false, isEnd: false };

async function sequencesOf(clock = new TestClock()) {
  const net = await seriesNet();
  let freed = 0;
  let streams = 0;
  const listener = { onBatch: () => {}, onFreed: () => freed++ };
  const open = (): NetStream => {
    streams++;
    return net.stream();
  };
  const sequences = new Sequences(open, { maxSequences: 3, sequenceIdleMs: 100 }, listener, clock);
  const run = async (parameters: typeof begins, steps: readonly number[][] = [[50, 2000]], more: object = {}) => {
    const job = Object.assign(new TestJob(steps), more);
    sequences.add(parameters, job, 'm');
    await until(() => sequences.rows === 0);
    return job;
  };
  return { sequences, run, clock, counts: () => ({ freed, streams }) };
}

test('a sequence ends after a time without requests, counted from its last answer', async (t) => {
  const { sequences, run, clock } = await sequencesOf();
  await run(begins);
  clock.advance(60);
  await run(goesOn);
  clock.advance(60);
  t.is(sequences.count, 1);
  clock.advance(40);
  t.is(sequences.count, 0);
  t.throws(() => sequences.add(goesOn, new TestJob([[1, 2]]), 'm'), { message: /received 1: .*100 ms/ });
});

test('a sequence with a request that waits does not end', async (t) => {
  const { sequences, run, clock } = await sequencesOf();
  await run(begins);
  clock.advance(90);
  const job = new TestJob([[50, 2000]]);
  sequences.add(goesOn, job, 'm');
  t.is(sequences.rows, 1);
  clock.advance(1000);
  t.is(sequences.count, 1);
  await until(() => sequences.rows === 0);
  t.true(job.isSettled);
});

test('an answer that is not sent leaves the state, and so does a request that nobody waits for', async (t) => {
  const { run, counts } = await sequencesOf();
  await run(begins);
  const next = [
    [60, 2100],
    [61, 2200],
  ];
  await run(goesOn, next, { isSent: false });
  const gone = await run(goesOn, next, { isGone: true });
  t.false(gone.isSettled);
  const wrong = await run(goesOn, [[60, 2100], [61]]);
  t.regex(String(wrong.error), /2 numbers/);
  const { answers } = await run(goesOn, next);
  const other = await run({ ...begins, id: 2 }, [[50, 2000], ...next]);
  t.deepEqual(answers, other.answers!.slice(1));
  t.deepEqual(counts(), { freed: 6, streams: 1 });
});

test('a sequence whose first request fails is not open, and requests behind it are refused', async (t) => {
  const { sequences } = await sequencesOf();
  const [first, second] = [new TestJob([[1]]), new TestJob([[50, 2000]])];
  sequences.add(begins, first, 'm');
  sequences.add(goesOn, second, 'm');
  await until(() => sequences.rows === 0);
  t.regex(String(first.error), /2 numbers/);
  t.regex(String(second.error), /sequence_start/);
  t.is(sequences.count, 0);
});
