import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import type { Responsiveness } from '../contender.js';
import { summarize } from '../statistics.js';

const asking = fileURLToPath(new URL('asking.js', import.meta.url));

/** What the event loop is like while work goes on beside it, and a server answers another process all the time. */
export async function responsivenessDuring(
  work: () => Promise<unknown>,
  answer: () => string,
): Promise<Responsiveness> {
  const server = createServer((_, response) => response.end(answer())).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = fork(asking, [String((server.address() as AddressInfo).port)]);
  try {
    await told(client);
    const histogram = monitorEventLoopDelay({ resolution: 1 });
    histogram.enable();
    await work();
    histogram.disable();
    client.send('enough');
    const times = await told<readonly number[]>(client);
    const loop = { p99: histogram.percentile(99) / 1e6, max: histogram.max / 1e6 };
    return { loop, answers: summarize(times) };
  } finally {
    client.kill();
    server.close().closeAllConnections();
  }
}

/** The client's next message; rejects where it ends instead. */
async function told<Message>(client: ReturnType<typeof fork>): Promise<Message> {
  const ended = new AbortController();
  const end = once(client, 'exit', { signal: ended.signal }).then(([code]) => {
    throw new Error(`Expected requests from another process, but it ended with ${code}`);
  });
  const message = once(client, 'message', { signal: ended.signal }) as Promise<[Message]>;
  try {
    return (await Promise.race([message, end]))[0];
  } finally {
    ended.abort();
    await Promise.allSettled([message, end]);
  }
}
