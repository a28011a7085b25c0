// @internal

const splitter = 2 ** 27 + 1;

/** A sum of numbers without rounding errors: its value has the same bits for any order of them (Shewchuk). */
export class ExactSum {
  /** Numbers that do not overlap, least first, whose sum is exact. */
  #parts: number[];

  constructor(parts: readonly number[] = []) {
    this.#parts = [...parts];
  }

  get parts(): readonly number[] {
    return this.#parts;
  }

  add(number: number): void {
    const parts = this.#parts;
    let [x, kept] = [number, 0];
    for (let i = 0; i < parts.length; i++) {
      let y = parts[i]!;
      if (Math.abs(x) < Math.abs(y)) [x, y] = [y, x];
      const high = x + y;
      const low = y - (high - x);
      if (low !== 0) parts[kept++] = low;
      x = high;
    }
    parts.length = kept;
    parts.push(x);
  }

  /** Adds the product of two numbers, exactly. */
  addProduct(a: number, b: number): void {
    const high = a * b;
    const [a1, b1] = [highOf(a), highOf(b)];
    const [a2, b2] = [a - a1, b - b1];
    const low = a2 * b2 - (high - a1 * b1 - a2 * b1 - a1 * b2);
    this.add(high);
    if (low !== 0) this.add(low);
  }

  addAll(parts: readonly number[]): void {
    for (const part of parts) this.add(part);
  }

  /** The sum, rounded once. */
  get value(): number {
    const parts = this.#parts;
    let at = parts.length - 1;
    if (at < 0) return 0;
    let [sum, low] = [parts[at--]!, 0];
    while (at >= 0 && low === 0) {
      const [x, y] = [sum, parts[at--]!];
      sum = x + y;
      low = y - (sum - x);
    }
    // Half way between two numbers, the parts below decide.
    if (at >= 0 && Math.sign(low) === Math.sign(parts[at]!)) {
      const doubled = low * 2;
      const rounded = sum + doubled;
      if (rounded - sum === doubled) return rounded;
    }
    return sum;
  }
}

/** The upper half of a number's digits. */
function highOf(number: number): number {
  const shifted = splitter * number;
  return shifted - (shifted - number);
}
