// Asks the server at a port of this machine again and again, one request at a time, until the parent says anything; then
// sends it the milliseconds that each answer took. Forked by responsiveness.js.
import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const port = Number(process.argv[2]);
const agent = new Agent({ keepAlive: true });

function ask(): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = get({ port, agent, host: '127.0.0.1' }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`Expected status 200 but received ${response.statusCode}`));
      response.resume().on('end', resolve);
    });
    request.on('error', reject);
  });
}

let isOver = false;
process.once('message', () => {
  isOver = true;
});
for (let i = 0; i < 50; i++) await ask(); // to warm up
process.send!('asking');
const times: number[] = [];
while (!isOver) {
  const started = performance.now();
  await ask();
  times.push(performance.now() - started);
  await sleep(2);
}
process.send!(times, () => process.exit());
