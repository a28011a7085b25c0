// A server in a process of its own, with one thread to compute: says its port to the parent, and afterwards what it has
// used so far whenever it is told anything. Ends as its users' do, by SIGTERM.
// Usage: fork server.js <job as JSON>
import type { AddressInfo } from 'node:net';
import { setThreads } from 'blasnet';
import { closeOnSignals, startServer } from 'blasnet/serve';
import { onnxruntimeApp } from './onnxruntime-route.js';
import { modelName } from './requests.js';

/** Which server, and of what. */
export interface ServerJob {
  readonly kind: 'blasnet' | 'onnxruntime' | 'onnxruntime, gathering';
  /** The net's file, or that of the model it was exported as. */
  readonly file: string;
  readonly maxQueue?: number;
  readonly maxWaitMs?: number;
  /** Processes that answer; default 1. */
  readonly workers?: number;
}

export interface Usage {
  /** Bytes that it has now. */
  readonly memory: number;
  /** Microseconds of all its threads; of several workers, of their parent only. */
  readonly cpu: number;
}

function usage(): Usage {
  const { user, system } = process.cpuUsage();
  return { memory: process.memoryUsage.rss(), cpu: user + system };
}

async function start({ kind, file, ...options }: ServerJob): Promise<number> {
  if (kind === 'blasnet') {
    setThreads(1);
    const server = await startServer({ models: [{ name: modelName, file }], port: 0, ...options });
    closeOnSignals(server);
    return Number(new URL(server.url).port);
  }
  const app = await onnxruntimeApp(file, kind === 'onnxruntime, gathering');
  await app.listen({ port: 0, host: '127.0.0.1' });
  process.once('SIGTERM', () => process.exit());
  return (app.server.address() as AddressInfo).port;
}

const port = await start(JSON.parse(process.argv[2]!) as ServerJob);
process.on('message', () => process.send!(usage()));
process.channel!.unref();
process.send!(port);
