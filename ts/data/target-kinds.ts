import type { NetType } from '../core/net-type.js';
import type { ScalingOptions } from './scaling-options.js';

/** How the labels of one of several targets are converted: options of `normalizeY`. */
export interface TargetOptions extends ScalingOptions {
  readonly netType: NetType;
  /** The first class number; default 0. */
  readonly base?: number | undefined;
}

/** The task that a target belongs to, with options where it needs them. */
export type TargetKind = NetType | TargetOptions;
