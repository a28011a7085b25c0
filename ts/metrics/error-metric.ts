// @internal
import { NamedMetric } from './named-metric.js';

/** The base of errors between outputs and labels that are numbers: the lower the better. */
export abstract class ErrorMetric extends NamedMetric {
  override get higherIsBetter(): boolean {
    return false;
  }

  override get readsClasses(): boolean {
    return false;
  }
}
