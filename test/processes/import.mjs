// Prints how many milliseconds of processor time the import of blasnet takes, or the URLs of the modules that it loads.
import { register } from 'node:module';
import { MessageChannel } from 'node:worker_threads';

const { port1, port2 } = new MessageChannel();
const loaded = [];
port1.on('message', (url) => loaded.push(url)).unref();
const hooks = `
  let port;
  export function initialize(data) { port = data; }
  export async function load(url, context, next) { port.postMessage(url); return next(url, context); }`;

if (process.argv[2] === 'timed') {
  const started = process.cpuUsage();
  await import('blasnet');
  const { user, system } = process.cpuUsage(started);
  console.log(JSON.stringify({ milliseconds: (user + system) / 1000 }));
} else {
  register(`data:text/javascript,${encodeURIComponent(hooks)}`, { data: port2, transferList: [port2] });
  await import('blasnet');
  await new Promise((resolve) => setTimeout(resolve, 50));
  console.log(JSON.stringify({ loaded }));
}
