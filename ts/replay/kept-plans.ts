/** So many recorded plans are kept, for the row counts used last. */
const most = 16;

/** Recorded plans by the shapes that they are for. */
export class KeptPlans<Plan> {
  readonly #plans = new Map<string, Plan>();
  #newest: Plan | undefined;

  /** The one that was asked for last. */
  get newest(): Plan | undefined {
    return this.#newest;
  }

  /** The plan for that shape, made if need be; the one used longest ago makes room. */
  get(shape: readonly number[], make: () => Plan): Plan {
    const key = shape.join();
    const plan = this.#plans.get(key) ?? make();
    this.#plans.delete(key);
    this.#plans.set(key, plan);
    if (this.#plans.size > most) this.#plans.delete(this.#plans.keys().next().value!);
    this.#newest = plan;
    return plan;
  }

  clear(): void {
    this.#plans.clear();
    this.#newest = undefined;
  }
}
