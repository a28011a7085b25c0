/** A request that waits: its body is complete but not parsed, or it is not read yet. */
export interface Waiting {
  /** Bytes of its body. */
  readonly bytes: number;
  /** When it is refused, in milliseconds of `performance.now()`. */
  readonly refusedAt: number;
  /** Whether it has been answered, or its client has gone. */
  isOver(): boolean;
  refuse(): void;
}

/** A request whose body is complete. */
export interface Entrant extends Waiting {
  /** Whether the queue of rows probably has room for it. */
  hasRoom(): boolean;
  /** Parses the request and queues its rows; returns false where they have no room after all. */
  start(): boolean;
}

/** A request whose body is not read yet. */
export interface Unread extends Waiting {
  /** Starts to read the body. @param done - to be called when it is complete */
  read(done: () => void): void;
}

export interface WaitingRoomOptions {
  /** Bytes of bodies that wait; further bodies are not read until there are fewer. */
  readonly maxBytes?: number;
  /** Milliseconds of a turn of the event loop that requests are parsed for. */
  readonly turnMs?: number;
  /** Requests that one sweep refuses: refusing takes time from answering. */
  readonly refusals?: number;
  readonly now?: () => number;
}

/** Milliseconds for which a body that is being read counts as one that waits: a slow client must not hold up others. */
const readingMs = 100;

/**
 * Requests in front of full queues, one line for each model, first come, first served. They are parsed once, when there is
 * room for their rows. Clients that are made to wait ask less often than clients that are refused at once, so that the
 * server's time goes into answers. Parsing ends after a few milliseconds in each turn of the event loop: other requests,
 * such as those for health, come in between.
 */
export class WaitingRoom {
  readonly #maxBytes: number;
  readonly #turnMs: number;
  readonly #refusals: number;
  readonly #now: () => number;
  readonly #lines = new Map<object, Entrant[]>();
  #unread: Unread[] = [];
  /** Of all lines. */
  #bytes = 0;
  /** Of bodies that left `#unread` and are not complete. */
  #reading = 0;
  /** Milliseconds of this turn that went into parsing. */
  #spent = 0;
  #turn: NodeJS.Immediate | undefined;

  constructor({
    maxBytes = 64 << 20,
    turnMs = 5,
    refusals = 100,
    now = () => performance.now(),
  }: WaitingRoomOptions = {}) {
    this.#maxBytes = maxBytes;
    this.#turnMs = turnMs;
    this.#refusals = refusals;
    this.#now = now;
  }

  /** Requests with a complete body that wait for this model. */
  countOf(model: object): number {
    return this.#lines.get(model)?.length ?? 0;
  }

  /** Requests whose bodies are not read yet. */
  get unread(): number {
    return this.#unread.length;
  }

  /** Reads a request's body now, or when fewer bodies wait. */
  admit(request: Unread): void {
    if (this.#unread.length === 0 && this.#bytes < this.#maxBytes) request.read(() => {});
    else this.#unread.push(request);
  }

  /** Starts a request now, or when all before it have started and there is room. */
  enter(model: object, request: Entrant): void {
    const isFirst = !this.#lines.has(model);
    if (isFirst && this.#spent < this.#turnMs && request.hasRoom() && this.#start(request)) return;
    if (request.refusedAt <= this.#now() && !request.hasRoom()) request.refuse();
    else this.#queue(model, request);
  }

  /** Starts the requests for which there is room. To be called when a queue has fewer rows than before. */
  advance(): void {
    for (const [model, line] of [...this.#lines]) {
      this.#advanceLine(line);
      // Each model has its turn.
      this.#lines.delete(model);
      if (line.length > 0) this.#lines.set(model, line);
    }
    while (this.#unread.length > 0 && this.#bytes + this.#reading < this.#maxBytes) this.#read(this.#unread.shift()!);
  }

  /** Refuses those that have waited too long, forgets those that are over, and starts those that can. */
  sweep(): void {
    let refusals = this.#refusals;
    const now = this.#now();
    const stays = (request: Entrant | Unread): boolean => {
      if (request.isOver()) return false;
      // One that waits for its turn of the event loop only is not refused.
      const canStart = 'hasRoom' in request && request.hasRoom();
      if (request.refusedAt > now || refusals === 0 || canStart) return true;
      refusals--;
      request.refuse();
      return false;
    };
    for (const [model, line] of this.#lines) {
      const left = line.filter(stays);
      if (left.length > 0) this.#lines.set(model, left);
      else this.#lines.delete(model);
    }
    this.#bytes = [...this.#lines.values()].flat().reduce((sum, { bytes }) => sum + bytes, 0);
    this.#unread = this.#unread.filter(stays);
    this.advance();
  }

  #queue(model: object, request: Entrant): void {
    const line = this.#lines.get(model) ?? [];
    line.push(request);
    this.#lines.set(model, line);
    this.#bytes += request.bytes;
    if (this.#spent >= this.#turnMs) this.#startTurn();
  }

  #advanceLine(line: Entrant[]): void {
    while (line.length > 0 && this.#spent < this.#turnMs) {
      const first = line[0]!;
      if (!first.isOver() && !(first.hasRoom() && this.#start(first))) return;
      line.shift();
      this.#bytes -= first.bytes;
    }
  }

  #start(request: Entrant): boolean {
    const began = this.#now();
    const isStarted = request.start();
    this.#spent += this.#now() - began;
    this.#startTurn();
    return isStarted;
  }

  #startTurn(): void {
    this.#turn ??= setImmediate(() => {
      this.#turn = undefined;
      this.#spent = 0;
      this.advance();
    });
  }

  #read(request: Unread): void {
    if (request.isOver()) return;
    this.#reading += request.bytes;
    let isDone = false;
    const done = () => {
      if (isDone) return;
      isDone = true;
      clearTimeout(timer);
      this.#reading -= request.bytes;
    };
    const timer = setTimeout(() => {
      done();
      this.advance();
    }, readingMs);
    request.read(done);
  }
}
