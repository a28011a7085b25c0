export type { ServedModel, ServeOptions } from './options.js';
export { inferenceServer } from './plugin.js';
export { type RunningServer, type StartOptions, startServer } from './server.js';
export { closeOnSignals } from './signals.js';
