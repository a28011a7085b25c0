// Walks through the exports of 'blasnet' in the working directory, where calls may write files; prints what it finds.
import * as blasnet from 'blasnet';
import { core, made } from './core.js';
import { walk } from './walk.js';

process.removeAllListeners('warning'); // hints about data that makes no sense; they are not for the terminal

const strays: string[] = []; // what nobody waited for
let current = '';
for (const event of ['unhandledRejection', 'uncaughtException']) {
  process.on(event, (error) => strays.push(`${current}: ${event} ${String((error as Error)?.stack ?? error)}`));
}
const { findings, ...walked } = await walk(blasnet, core, made, (call) => {
  current = call;
});
await new Promise((resolve) => setTimeout(resolve, 100));
console.log(JSON.stringify({ ...walked, findings: [...findings, ...strays] }));
process.exit(0); // calls that never settle may be left
