// Prints the URLs of the modules that the import of blasnet loads, and the paths of those that it requires.
import { createRequire, register } from 'node:module';
import { MessageChannel } from 'node:worker_threads';

const hooks = `
  let port;
  export function initialize(data) { port = data; }
  export async function load(url, context, next) { port.postMessage(url); return next(url, context); }`;
const last = 'data:text/javascript,';

const { port1, port2 } = new MessageChannel();
register(`data:text/javascript,${encodeURIComponent(hooks)}`, { data: port2, transferList: [port2] });
const loaded = [];
const all = new Promise((resolve) => {
  port1.on('message', (url) => (url === last ? resolve() : loaded.push(url)));
});
await import('blasnet');
await import(last); // its message comes behind all others
await all;
port1.close();
console.log(JSON.stringify({ loaded, required: Object.keys(createRequire(import.meta.url).cache) }));
