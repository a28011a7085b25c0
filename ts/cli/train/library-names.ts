export { activationNames as activations } from '../../layers/activation.js';
export { lossNames as losses } from '../../losses/create.js';
export { metricNames as metrics } from '../../metrics/create.js';
export { optimizerNames as optimizers } from '../../optimizers/create.js';
