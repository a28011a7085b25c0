/** Runs tasks at once while it is open; while it is closed, they are kept until it opens. */
export class Gate {
  #kept: (() => void)[] | undefined;

  run(task: () => void): void {
    if (this.#kept) this.#kept.push(task);
    else task();
  }

  close(): void {
    this.#kept ??= [];
  }

  open(): void {
    const kept = this.#kept ?? [];
    this.#kept = undefined;
    for (const task of kept) task();
  }
}
