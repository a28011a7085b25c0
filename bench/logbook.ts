import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import type { Machine } from './machine.js';
import type { Options } from './options.js';
import { page } from './page.js';
import type { Measured } from './parts.js';
import type { Comparison, Report, Sweep } from './report.js';
import type { Roster } from './roster.js';
import { judge } from './targets.js';

/**
 * A run so far. It is written after every part, so that what was measured outlasts whatever ends the run: to
 * <date>.partial.json, which becomes <date>.json at the end, where the page comes, too.
 */
export class Logbook {
  readonly #folder: string;
  readonly #known: Pick<Report, 'date' | 'machine' | 'versions' | 'runs' | 'quick'>;
  readonly #skipped: string[];
  readonly #failures: string[] = [];
  readonly #comparisons: Comparison[] = [];
  readonly #sweeps: Sweep[] = [];
  readonly #loadBefore: number;
  readonly #started = performance.now();

  /** @param loadBefore - the load average before anything was measured */
  constructor(folder: string, machine: Machine, { entrants, skipped }: Roster, options: Options, loadBefore: number) {
    this.#folder = folder;
    this.#skipped = [...skipped];
    this.#loadBefore = loadBefore;
    this.#known = {
      date: new Date().toISOString().slice(0, 10),
      machine,
      versions: Object.fromEntries(entrants.map(({ name, version }) => [name, version])),
      runs: options.effort.runs,
      quick: options.quick,
    };
  }

  /** A line on somebody who is missing somewhere. */
  leaveOut(line: string): void {
    this.#skipped.push(line);
  }

  /** A line on what could not be measured at all, though it should have been. */
  fail(line: string): void {
    this.#failures.push(line);
  }

  async add({ comparisons = [], sweeps = [] }: Measured): Promise<void> {
    this.#comparisons.push(...comparisons);
    this.#sweeps.push(...sweeps);
    await this.save();
  }

  /** Writes what there is so far. */
  async save(): Promise<void> {
    await this.#write(this.#partial, jsonOf(this.report()));
  }

  report(): Report {
    return {
      ...this.#known,
      skipped: [...this.#skipped],
      failures: [...this.#failures],
      comparisons: [...this.#comparisons],
      sweeps: [...this.#sweeps],
      targets: judge(this.#comparisons),
      load: { before: this.#loadBefore, after: loadavg()[0]! },
      seconds: (performance.now() - this.#started) / 1000,
    };
  }

  /** Writes the report and its page; returns their names. */
  async finish(): Promise<string[]> {
    const report = this.report();
    const files = { [`${report.date}.json`]: jsonOf(report), 'index.html': await page(report) };
    for (const [name, content] of Object.entries(files)) await this.#write(name, content);
    await rm(join(this.#folder, this.#partial), { force: true });
    return Object.keys(files);
  }

  get #partial(): string {
    return `${this.#known.date}.partial.json`;
  }

  /** At once or not at all. */
  async #write(name: string, content: string): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    const path = join(this.#folder, name);
    await writeFile(`${path}.new`, content);
    await rename(`${path}.new`, path);
  }
}

const jsonOf = (report: Report) => `${JSON.stringify(report, null, 2)}\n`;
