/** How well one class is recognised, as scikit-learn's `classification_report` defines it. */
export interface ClassFigures {
  /** Of the rows that were taken for the class, the share that is of the class; 0 where there are none. */
  readonly precision: number;
  /** Of the rows of the class, the share that was taken for it; 0 where there are none. */
  readonly recall: number;
  /** The harmonic mean of both. */
  readonly f1: number;
  /** Rows of the class. */
  readonly support: number;
}

/** The figures of all classes, and their means. */
export interface ClassReport {
  readonly perClass: readonly (ClassFigures & { readonly class: string })[];
  /** The mean over the classes. */
  readonly macroAverage: ClassFigures;
  /** The mean over the classes, weighted by their rows. */
  readonly weightedAverage: ClassFigures;
  /** Counts by real class (rows) and predicted class (columns). */
  readonly confusionMatrix: readonly (readonly number[])[];
}

/**
 * Returns precision, recall and F1 of each class.
 * @param counts - classes × classes: real by predicted class
 * @param names - of the classes
 */
export function classReport(counts: readonly (readonly number[])[], names: readonly string[]): ClassReport {
  const perClass = names.map((name, i) => {
    const right = counts[i]![i]!;
    const support = sum(counts[i]!);
    const precision = ratio(right, sum(counts.map((row) => row[i]!)));
    const recall = ratio(right, support);
    return { class: name, precision, recall, f1: ratio(2 * precision * recall, precision + recall), support };
  });
  const rows = sum(perClass.map(({ support }) => support));
  const mean = (weightOf: (figures: ClassFigures) => number): ClassFigures => {
    const over = (key: 'precision' | 'recall' | 'f1') =>
      sum(perClass.map((figures) => weightOf(figures) * figures[key]));
    return { precision: over('precision'), recall: over('recall'), f1: over('f1'), support: rows };
  };
  return {
    perClass,
    macroAverage: mean(() => 1 / names.length),
    weightedAverage: mean(({ support }) => ratio(support, rows)),
    confusionMatrix: counts,
  };
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

const ratio = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);
