import { given } from '../../given.js';
import { type HyperParameterOptions, HyperParameters, type NetType, type OptimizerName } from '../../index.js';
import type { TrainConfig } from './config.js';
import type { TrainFlags } from './flags.js';

/** Learning rates that do for most data in [0, 1]; adaDelta has none. */
const rates: Partial<Record<OptimizerName, number>> = { sgd: 0.1, momentum: 0.01, nag: 0.01, adaGrad: 0.01 };
const adaptiveRate = 0.001;
/** Epochs, and steps at the least, where nobody says how many: few rows make few steps an epoch. */
const defaultEpochs = 50;
const defaultSteps = 3000;

/**
 * The hyperparameters: what flags say, else what the config says, else what does for most data.
 * @param rows - training rows
 * @throws BlasnetError `ERR_BAD_ARGUMENT` that names the field
 */
export function paramsOf(
  flags: TrainFlags,
  { hyperParameters }: TrainConfig,
  netType: NetType,
  activation: string,
  rows: number,
): HyperParameters {
  const said = {
    ...hyperParameters,
    ...given({
      maxEpoch: flags.epochs,
      batchSize: flags.batch,
      optimizer: flags.optimizer as OptimizerName | undefined,
      learningRate: flags.rate,
      seed: flags.seed,
      regularizer: flags.earlyStop === undefined ? undefined : { method: 'earlyStop' as const, value: flags.earlyStop },
    }),
  };
  const { optimizer = 'adam', batchSize = 32 } = said;
  const steps = batchSize === -1 ? 1 : Math.ceil(rows / batchSize);
  const name = typeof optimizer === 'string' ? optimizer : optimizer.name;
  const isBounded = ['sigmoid', 'tanh', 'identity'].includes(activation);
  const options: HyperParameterOptions = {
    optimizer,
    learningRate: rates[name] ?? adaptiveRate,
    batchSize,
    maxEpoch: Math.max(defaultEpochs, Math.ceil(defaultSteps / steps)),
    initMethod: isBounded ? 'xavier' : 'msra',
    ...said,
    netType,
  };
  return new HyperParameters(options);
}
