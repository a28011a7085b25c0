// Walks through the exports of 'blasnet' in the working directory, where calls may write files; prints what it finds.
// The argument: how many hostile values there are for each that is taken.
import * as blasnet from 'blasnet';
import { core, made } from './core.js';
import { walk } from './walk.js';

process.removeAllListeners('warning'); // hints about data that makes no sense; they are not for the terminal

const strays: string[] = []; // what nobody waited for
let current = '';
for (const event of ['unhandledRejection', 'uncaughtException']) {
  process.on(event, (error) => strays.push(`${current}: ${event} ${String((error as Error)?.stack ?? error)}`));
}
const onCall = (call: string) => {
  current = call;
};
const { findings, ...walked } = await walk(blasnet, core, made, onCall, Number(process.argv[2]));
await new Promise((resolve) => setTimeout(resolve, 100));
console.log(JSON.stringify({ ...walked, findings: [...findings, ...strays] }));
process.exit(0); // calls that never settle may be left
