// One trial in a process of its own, so that none profits or suffers from what ran before it. Prints its result as
// JSON. Usage: node trial.js <module in contenders/> about|train|predict|reach|delay|sequences <job as JSON>
import { writeSync } from 'node:fs';
import { type Jobs, loadContender, type Results, type TrialKind } from './contender.js';

const [module, kind, job] = process.argv.slice(2);
const contender = await loadContender(module!);
const trial = contender[kind as TrialKind] as ((job: Jobs[TrialKind]) => Promise<Results[TrialKind]>) | undefined;
if (!trial) throw new RangeError(`Expected a trial of ${contender.name} but received ${kind}`);
const result = await trial(JSON.parse(job!));
// Rivals print what they like to stdout; the result has a channel of its own.
writeSync(3, JSON.stringify(result));
process.exit();
