// Load from a process of its own: connections that each send the next request as soon as they have an answer. Sends the
// parent what came back. Usage: fork load.js <job as JSON>
import { setTimeout as sleep } from 'node:timers/promises';
import { readFloats } from '../data.js';
import type { Summary } from '../statistics.js';
import { summarize } from '../statistics.js';
import { findWorkload } from '../workloads.js';
import { LeanClients } from './lean-clients.js';
import {
  type BodyFormat,
  type HostileBody,
  hostileRequest,
  type RowRequest,
  requestsFor,
  requestsOfRows,
} from './requests.js';

/** The contents of the requests. */
export type LoadContent =
  /** Single rows of MNIST from a file of float32 numbers, in turn. */
  | { readonly format: BodyFormat; readonly x: string }
  | { readonly rows: number; readonly width: number }
  | { readonly hostile: HostileBody };

export type LoadJob = LoadContent & {
  readonly port: number;
  readonly connections: number;
  /** Seconds in which answers count, after a warm-up in which they do not. */
  readonly seconds: number;
  readonly warmUp: number;
  /** Ends after so many answers rather than after that time. */
  readonly answers?: number;
};

/** Answers of one status. */
export interface Answers {
  readonly status: number;
  /** Within the time that counts. */
  readonly count: number;
  /** Milliseconds from request to answer, of requests within that time. */
  readonly times: Summary;
}

export interface LoadResult {
  readonly answers: readonly Answers[];
  /** Seconds that the counted ones took. */
  readonly seconds: number;
  /** All answers, those of the warm-up among them. */
  readonly answered: number;
  /** Requests that got no answer, from the first to the last; those under way at the end are none of them. */
  readonly lost: number;
  /** Microseconds of the load's own threads for an answer. */
  readonly cpuPerAnswer: number;
}

async function requestsOf(job: LoadContent): Promise<readonly RowRequest[]> {
  if ('hostile' in job) return [hostileRequest(job.hostile)];
  if ('rows' in job) return requestsOfRows(job.rows, job.width);
  return requestsFor(findWorkload('mnist'), await readFloats(job.x), job.format);
}

async function load(job: LoadJob): Promise<LoadResult> {
  const { port, connections, seconds, warmUp, answers = Number.POSITIVE_INFINITY } = job;
  const requests = await requestsOf(job);
  const counted = new Map<number, { count: number; times: number[]; early: number[] }>();
  const before = process.cpuUsage();
  const begin = performance.now() + warmUp * 1000;
  let answered = 0;
  let lost = 0;
  let last = begin;
  let hasAll = () => {};
  const all = new Promise<void>((resolve) => {
    hasAll = resolve;
  });
  const clients = new LeanClients(port, requests, connections, {
    onAnswer(status, milliseconds) {
      answered++;
      if (answered === answers) hasAll();
      const now = performance.now();
      if (now < begin) return;
      last = now;
      const of = counted.get(status) ?? { count: 0, times: [], early: [] };
      counted.set(status, of);
      of.count++;
      // Those of the first moments wait for their connection: they count where there are no others.
      (now - milliseconds >= begin ? of.times : of.early).push(milliseconds);
    },
    onLost() {
      lost++;
    },
  });
  await (answers < Number.POSITIVE_INFINITY ? all : sleep((warmUp + seconds) * 1000));
  clients.stop();
  const { user, system } = process.cpuUsage(before);
  return {
    answers: [...counted].map(([status, { count, times, early }]) => ({
      status,
      count,
      times: summarize(times.length > 0 ? times : early),
    })),
    seconds: (last - begin) / 1000,
    answered,
    lost,
    cpuPerAnswer: (user + system) / answered,
  };
}

process.send!(await load(JSON.parse(process.argv[2]!) as LoadJob), () => process.exit());
