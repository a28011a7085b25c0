/** The number of plans that are kept. */
const most = 16;

/** A cache of recorded plans by shape. */
export class PlanCache<Plan> {
  readonly #plans = new Map<string, Plan>();
  #newest: Plan | undefined;

  /** The plan that was used last. */
  get newest(): Plan | undefined {
    return this.#newest;
  }

  /** Returns the plan for that shape, and makes it if there is none; the least recently used one is dropped. */
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
