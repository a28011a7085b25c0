import { basename } from 'node:path';
import { BlasnetError, reasonOf } from '../core/errors.js';
import { loadModel } from '../load-model.js';
import { Gate } from './gate.js';
import { checkModels, type ServedModel, type ServeOptions, type Settings, settingsOf } from './options.js';
import { Problem } from './problem.js';
import { ServedNet } from './served-net.js';
import { Statistics } from './statistics.js';
import { WaitingRoom } from './waiting-room.js';

/** Receives the events of a model's queues. */
interface EntryListener {
  onBatch(entry: ModelEntry, rows: number): void;
  onFreed(): void;
}

/** One version of a model, with the net that answers its requests. */
export class ModelEntry {
  readonly name: string;
  readonly version: string;
  readonly statistics = new Statistics();
  /** The start of the JSON of its answers. */
  readonly replyHead: string;
  readonly #model: ServedModel;
  readonly #settings: Settings;
  readonly #listener: EntryListener;
  #current: ServedNet | undefined;
  #isUnloaded = false;
  /** Nets that were replaced and still have rows to compute. */
  readonly #former = new Set<ServedNet>();

  constructor(model: ServedModel, settings: Settings, listener: EntryListener) {
    this.name = model.name;
    this.version = model.version ?? '1';
    this.replyHead = JSON.stringify({ model_name: this.name, model_version: this.version }).slice(0, -1);
    this.#model = model;
    this.#settings = settings;
    this.#listener = listener;
  }

  /** Whether it takes requests. */
  get isReady(): boolean {
    return this.#current !== undefined;
  }

  /** Whether it was unloaded and not loaded again. */
  get isUnloaded(): boolean {
    return this.#isUnloaded;
  }

  /** The net that takes requests; undefined while there is none. */
  get net(): ServedNet | undefined {
    return this.#current;
  }

  /** @throws Problem 503 while it is loaded for the first time, 404 where it is unloaded */
  get current(): ServedNet {
    if (this.#current) return this.#current;
    if (this.#isUnloaded) throw new Problem(404, `Expected a model that is loaded but '${this.name}' is unloaded`);
    throw new Problem(503, `Expected model '${this.name}' to be loaded but it still loads`);
  }

  /** The nets with requests, and the one that takes further requests. */
  get nets(): readonly ServedNet[] {
    for (const net of this.#former) if (net.rows === 0) this.#former.delete(net);
    return this.#current ? [this.#current, ...this.#former] : [];
  }

  get isReloadable(): boolean {
    return this.#model.file !== undefined;
  }

  /**
   * Loads the net, then replaces the previous one, which still answers the requests in its queue.
   * @throws BlasnetError where the file is bad; the previous net stays
   */
  async load(): Promise<void> {
    const { net, file } = this.#model;
    const loaded = await ServedNet.of(net ?? (await loadModel(file!)), this.#settings, {
      onBatch: (rows, milliseconds) => {
        this.statistics.batchEnded(rows, milliseconds);
        this.#listener.onBatch(this, rows);
      },
      onFreed: this.#listener.onFreed,
    });
    this.unload();
    this.#isUnloaded = false;
    this.#current = loaded;
  }

  /** Takes no further requests, and ends all sequences; requests in the queue are answered. */
  unload(): void {
    if (this.#current) {
      this.#former.add(this.#current);
      this.#current.sequences.close();
    }
    this.#current = undefined;
    this.#isUnloaded = true;
  }

  /** Returns an error's message for clients: without the folder of the model's file. */
  explain(error: unknown): string {
    const { file } = this.#model;
    return file === undefined ? reasonOf(error) : reasonOf(error).replaceAll(file, basename(file));
  }
}

/** A change of all versions of a model. */
export type ModelChange = 'load' | 'unload';

/** The models that are served, by name and version. */
export class Repository {
  readonly settings: Settings;
  /** Requests pass through it, and wait while it is closed. */
  readonly gate = new Gate();
  /** Requests in front of full queues. */
  readonly waitingRoom = new WaitingRoom();
  /** In the order they were given. */
  readonly entries: readonly ModelEntry[];
  readonly #versions = new Map<string, ModelEntry[]>();
  readonly #changes = new Map<string, Promise<void>>();
  /** Is called for each batch that was computed. */
  onBatch: ((entry: ModelEntry, rows: number) => void) | undefined;
  /** Set while the server closes. */
  isDraining = false;

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for bad options */
  constructor(options: ServeOptions) {
    checkModels(options.models);
    this.settings = settingsOf(options);
    const listener: EntryListener = {
      onBatch: (entry, rows) => this.onBatch?.(entry, rows),
      onFreed: () => this.gate.run(() => this.waitingRoom.advance()),
    };
    this.entries = options.models.map((model) => new ModelEntry(model, this.settings, listener));
    for (const entry of this.entries) {
      const versions = [...(this.#versions.get(entry.name) ?? []), entry];
      versions.sort((a, b) => a.version.localeCompare(b.version, 'en', { numeric: true }));
      this.#versions.set(entry.name, versions);
    }
  }

  /** Whether all models that are not unloaded take requests. */
  get isReady(): boolean {
    return !this.isDraining && this.entries.every(({ isReady, isUnloaded }) => isReady || isUnloaded);
  }

  /** Starts no requests and sends no answers to them until `resume`. */
  pause(): void {
    this.gate.close();
  }

  resume(): void {
    this.gate.open();
  }

  /** Rows that wait or are computed, of all models. */
  get rows(): number {
    return this.entries.flatMap(({ nets }) => nets).reduce((sum, { rows }) => sum + rows, 0);
  }

  /** Loads all models that are not to be unloaded. */
  async load(unloaded: readonly string[] = []): Promise<void> {
    for (const entry of this.entries) {
      if (entry.isReloadable && unloaded.includes(entry.name)) entry.unload();
      else await entry.load();
    }
  }

  /** Calls `reload` or `unload`. */
  change(name: string, change: ModelChange): Promise<void> {
    return change === 'load' ? this.reload(name) : this.unload(name);
  }

  /**
   * Returns the versions of a model. The last one is the default.
   * @throws Problem 404 for an unknown name
   */
  versions(name: string): readonly ModelEntry[] {
    const versions = this.#versions.get(name);
    if (!versions) throw new Problem(404, `Expected the name of a model but received '${String(name).slice(0, 100)}'`);
    return versions;
  }

  /** Returns that version of a model, or its default; undefined where there is none. */
  lookup(name: string, version?: string): ModelEntry | undefined {
    const versions = this.#versions.get(name);
    return version === undefined ? versions?.at(-1) : versions?.find((one) => one.version === version);
  }

  /** As `lookup`. @throws Problem 404 where there is none */
  find(name: string, version?: string): ModelEntry {
    const entry = this.lookup(name, version);
    if (entry) return entry;
    this.versions(name);
    throw new Problem(404, `Expected a version of model '${name}' but received '${version?.slice(0, 100)}'`);
  }

  /**
   * Loads all versions of a model from their files. Requests go to the previous net until the new one is ready.
   * @throws Problem 404 for an unknown model, 400 for a model without a file, 422 for a bad file: the previous net stays
   */
  async reload(name: string): Promise<void> {
    await this.#change(name, async (entry) => {
      await entry.load().catch((cause: unknown) => {
        if (!(cause instanceof BlasnetError)) throw cause;
        throw new Problem(422, entry.explain(cause), { cause });
      });
    });
  }

  /**
   * Unloads all versions of a model, until they are loaded again. Requests in the queue are answered.
   * @throws Problem 404 for an unknown model, 400 for a model without a file, which could not be loaded again
   */
  async unload(name: string): Promise<void> {
    await this.#change(name, async (entry) => entry.unload());
  }

  /** Changes the versions of a model that have a file, one after the other, after earlier changes. */
  async #change(name: string, change: (entry: ModelEntry) => Promise<void>): Promise<void> {
    const entries = this.versions(name).filter(({ isReloadable }) => isReloadable);
    if (entries.length === 0) throw new Problem(400, `Expected a model with a file but '${name}' is a net in memory`);
    const earlier = this.#changes.get(name) ?? Promise.resolve();
    const changed = earlier.then(async () => {
      for (const entry of entries) await change(entry);
    });
    this.#changes.set(
      name,
      changed.catch(() => {}),
    );
    await changed;
  }
}
