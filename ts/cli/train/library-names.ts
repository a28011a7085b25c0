export { activationNames as activations } from '../../layers/activation.js';
export { optimizerNames as optimizers } from '../../optimizers/create.js';
