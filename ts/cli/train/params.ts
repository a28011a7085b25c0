import { type HyperParameterOptions, HyperParameters, type NetType, type OptimizerName } from '../../index.js';
import type { TrainSettings } from './settings.js';

/** Learning rates that suit most data in [0, 1]; adaDelta has none. */
const rates: Partial<Record<OptimizerName, number>> = { sgd: 0.1, momentum: 0.01, nag: 0.01, adaGrad: 0.01 };
const adaptiveRate = 0.001;
/** The default number of epochs makes at least so many steps: few rows make few steps an epoch. */
const defaultEpochs = 50;
const defaultSteps = 3000;

/**
 * Returns the hyperparameters: those of the settings, and for the others values that suit most data.
 * @param rows - training rows
 * @throws BlasnetError `ERR_BAD_ARGUMENT` that names the field
 */
export function paramsOf(
  { hyperParameters, activation }: TrainSettings,
  netType: NetType,
  rows: number,
): HyperParameters {
  const { optimizer, batchSize = 32 } = hyperParameters;
  const steps = batchSize === -1 ? 1 : Math.ceil(rows / batchSize);
  const name = typeof optimizer === 'object' ? optimizer.name : optimizer;
  const isBounded = ['sigmoid', 'tanh', 'identity'].includes(activation);
  const options: HyperParameterOptions = {
    learningRate: (name && rates[name]) ?? adaptiveRate,
    maxEpoch: Math.max(defaultEpochs, Math.ceil(defaultSteps / steps)),
    initMethod: isBounded ? 'xavier' : 'msra',
    ...hyperParameters,
    netType,
  };
  return new HyperParameters(options);
}
