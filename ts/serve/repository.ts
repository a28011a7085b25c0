import { basename } from 'node:path';
import { BlasnetError, reasonOf } from '../errors.js';
import { loadModel } from '../model-files/load-model.js';
import { checkModels, type ServedModel, type ServeOptions, type Settings, settingsOf } from './options.js';
import { Problem } from './problem.js';
import { ServedNet } from './served-net.js';
import { Statistics } from './statistics.js';

/** One version of a model, and the net that it is now. */
export class ModelEntry {
  readonly name: string;
  readonly version: string;
  readonly statistics = new Statistics();
  readonly #model: ServedModel;
  readonly #settings: Settings;
  readonly #onBatch: (rows: number) => void;
  #current: ServedNet | undefined;
  /** Nets that were replaced and still have rows to compute. */
  readonly #former = new Set<ServedNet>();

  constructor(model: ServedModel, settings: Settings, onBatch: (entry: ModelEntry, rows: number) => void) {
    this.name = model.name;
    this.version = model.version ?? '1';
    this.#model = model;
    this.#settings = settings;
    this.#onBatch = (rows) => onBatch(this, rows);
  }

  get isReady(): boolean {
    return this.#current !== undefined;
  }

  /** @throws Problem 503 while it is loaded for the first time */
  get current(): ServedNet {
    if (!this.#current) throw new Problem(503, `Expected model '${this.name}' to be loaded but it still loads`);
    return this.#current;
  }

  /** The nets that have requests, or may get them. */
  get nets(): readonly ServedNet[] {
    for (const net of this.#former) if (net.queue.rows === 0) this.#former.delete(net);
    return this.#current ? [this.#current, ...this.#former] : [];
  }

  get isReloadable(): boolean {
    return this.#model.file !== undefined;
  }

  /**
   * Loads the net and then puts it in the place of the one before, which finishes the requests that it has.
   * @throws BlasnetError where the file is bad; the net before stays
   */
  async load(): Promise<void> {
    const { net, file } = this.#model;
    const loaded = await ServedNet.of(net ?? (await loadModel(file!)), this.#settings, (rows, milliseconds) => {
      this.statistics.inferences += rows;
      this.statistics.batchEnded(milliseconds);
      this.#onBatch(rows);
    });
    if (this.#current) this.#former.add(this.#current);
    this.#current = loaded;
  }

  /** What is wrong with a file, for people elsewhere: without the folders on the way to it. */
  explain(error: unknown): string {
    const { file } = this.#model;
    return file === undefined ? reasonOf(error) : reasonOf(error).replaceAll(file, basename(file));
  }
}

/** The models that are served, by name and version. */
export class Repository {
  readonly settings: Settings;
  /** In the order they were given. */
  readonly entries: readonly ModelEntry[];
  readonly #versions = new Map<string, ModelEntry[]>();
  readonly #reloads = new Map<string, Promise<void>>();
  /** Is told of each batch that was computed. */
  onBatch: ((entry: ModelEntry, rows: number) => void) | undefined;
  /** Set while the server closes. */
  isDraining = false;

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for bad options */
  constructor(options: ServeOptions) {
    checkModels(options.models);
    this.settings = settingsOf(options);
    this.entries = options.models.map(
      (model) => new ModelEntry(model, this.settings, (entry, rows) => this.onBatch?.(entry, rows)),
    );
    for (const entry of this.entries) {
      const versions = [...(this.#versions.get(entry.name) ?? []), entry];
      versions.sort((a, b) => a.version.localeCompare(b.version, 'en', { numeric: true }));
      this.#versions.set(entry.name, versions);
    }
  }

  get isReady(): boolean {
    return !this.isDraining && this.entries.every(({ isReady }) => isReady);
  }

  /** Rows that wait or are computed, of all models. */
  get rows(): number {
    return this.entries.flatMap(({ nets }) => nets).reduce((sum, { queue }) => sum + queue.rows, 0);
  }

  /** Loads all models. */
  async load(): Promise<void> {
    for (const entry of this.entries) await entry.load();
  }

  /**
   * The versions of a model, the one that is served by default last.
   * @throws Problem 404
   */
  versions(name: string): readonly ModelEntry[] {
    const versions = this.#versions.get(name);
    if (!versions) throw new Problem(404, `Expected the name of a model but received '${String(name).slice(0, 100)}'`);
    return versions;
  }

  /** That version of a model, or the one that is served by default; undefined where there is none. */
  lookup(name: string, version?: string): ModelEntry | undefined {
    const versions = this.#versions.get(name);
    return version === undefined ? versions?.at(-1) : versions?.find((one) => one.version === version);
  }

  /** @throws Problem 404 */
  find(name: string, version?: string): ModelEntry {
    const entry = this.lookup(name, version);
    if (entry) return entry;
    this.versions(name);
    throw new Problem(404, `Expected a version of model '${name}' but received '${version?.slice(0, 100)}'`);
  }

  /**
   * Loads all versions of a model anew from their files. Requests go on, on the old net until the new one is there.
   * @throws Problem 400 for a model without a file, 422 for a bad file: then the old net stays
   */
  async reload(name: string): Promise<void> {
    const entries = this.versions(name).filter(({ isReloadable }) => isReloadable);
    if (entries.length === 0) throw new Problem(400, `Expected a model with a file but '${name}' is a net in memory`);
    // One after the other, since files may change between two calls.
    const earlier = this.#reloads.get(name) ?? Promise.resolve();
    const reload = earlier.then(async () => {
      for (const entry of entries) {
        await entry.load().catch((cause: unknown) => {
          if (!(cause instanceof BlasnetError)) throw cause;
          throw new Problem(422, entry.explain(cause), { cause });
        });
      }
    });
    this.#reloads.set(
      name,
      reload.catch(() => {}),
    );
    await reload;
  }
}
