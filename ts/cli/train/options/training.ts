import type { LossName, MetricName } from '../../../index.js';
import { batchSize, oneOfWords, positiveNumber, wholeNumber } from '../../values.js';
import { type SettingOption, setting } from '../settings.js';
import type { LibraryNames } from './index.js';
import { named } from './net.js';

const patience = wholeNumber(1);

/** The labels that the command makes are one-hot rows, not class numbers. */
const isForRows = (loss: LossName) => loss !== 'sparseCrossEntropy';

/** The options that say how the net is trained, for the names that the library has. */
export function trainingOptions({ losses, metrics, optimizers }: LibraryNames): readonly SettingOption[] {
  const lossesOfRows = losses?.filter(isForRows);
  return [
    setting('hyperParameters.maxEpoch', '-e, --epochs <n>', 'most epochs (default: 50, more where rows are few)', {
      parse: wholeNumber(1),
    }),
    setting('hyperParameters.batchSize', '--batch <rows>', 'rows of a batch, or all', {
      parse: batchSize,
      fallback: 32,
    }),
    setting('hyperParameters.optimizer', '--optimizer <name>', `optimizer${named(optimizers)}`, {
      ...(optimizers && { parse: oneOfWords(optimizers) }),
      fallback: 'adam',
    }),
    setting(
      'hyperParameters.learningRate',
      '--rate <number>',
      'learning rate (default: 0.001; sgd 0.1; momentum, nag, adaGrad 0.01)',
      { parse: positiveNumber({ orZero: false }) },
    ),
    setting('hyperParameters.loss', '--loss <name>', `loss${named(lossesOfRows)} (default: follows from the type)`, {
      ...(lossesOfRows && { parse: oneOfWords(lossesOfRows) }),
    }),
    setting('hyperParameters.metrics', '--metrics <names>', `figures to tell, such as f1,rocAuc${named(metrics)}`, {
      parse: (text) => text.split(',').map(metrics ? oneOfWords(metrics) : (name) => name as MetricName),
    }),
    setting(
      'hyperParameters.monitor',
      '--monitor <name>',
      'what --early-stop and the best weights go by: loss (default), or one of --metrics',
    ),
    setting(
      'hyperParameters.regularizer',
      '--early-stop <p>',
      'stop after p epochs without a lower validation loss; keeps the best weights',
      { parse: (text) => ({ method: 'earlyStop' as const, value: patience(text) }) },
    ),
    setting(
      'training.restoreBest',
      '--no-restore-best',
      'keep the weights of the last epoch (default: those with the lowest validation loss)',
    ),
    setting('training.shards', '--shards <n>', 'pieces of a batch, for several processes (default: the processes)', {
      parse: wholeNumber(1),
    }),
    setting('hyperParameters.seed', '--seed <n>', 'for weights, split and shuffling', {
      parse: wholeNumber(0),
      fallback: 0,
    }),
    setting('hyperParameters.dtype', '--dtype <type>', 'numbers: float32 (default) or float64', {
      parse: oneOfWords(['float32', 'float64']),
    }),
    setting('hyperParameters.precision', '--precision <type>', 'numbers in products: float32 (default) or bfloat16', {
      parse: oneOfWords(['float32', 'bfloat16']),
    }),
    setting('command.threads', '--threads <n>', 'threads (default: the physical cores)', {
      parse: wholeNumber(1, 256),
    }),
    setting('command.checkpoint', '--checkpoint <file>', 'write the state of the run there as it goes on'),
    setting(
      'command.resume',
      '--resume',
      'go on from the --checkpoint file; the other options as before, or more --epochs',
    ),
  ];
}
