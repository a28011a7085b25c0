// @internal
import type { Constants } from '../core/constants.js';
import { Loss, type LossConfig } from './loss.js';

/** The static side of a built-in loss: its name, and the constants that it takes. */
export interface LossRule {
  readonly id: string;
  readonly constants: Constants;
  new (constants: object): Loss;
}

/** A loss that blasnet has a name for. */
export abstract class NamedLoss<ConstantName extends string = never> extends Loss {
  protected readonly constants: Readonly<Record<ConstantName, number>>;

  constructor(constants: Readonly<Record<ConstantName, number>>) {
    super();
    this.constants = Object.freeze({ ...constants });
    Object.freeze(this);
  }

  override get name(): string {
    return (this.constructor as unknown as LossRule).id;
  }

  override get config(): LossConfig {
    return { type: this.name, ...this.constants };
  }
}
