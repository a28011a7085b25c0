// One trial in a process of its own, so that none profits or suffers from what ran before it. Prints its result as
// JSON. Usage: node trial.js <module in contenders/> train|predict|delay <job as JSON>
import { type Jobs, loadContender, type Results, type TrialKind } from './contender.js';

const [module, kind, job] = process.argv.slice(2);
const contender = await loadContender(module!);
const trial = contender[kind as TrialKind] as ((job: Jobs[TrialKind]) => Promise<Results[TrialKind]>) | undefined;
if (!trial) throw new RangeError(`Expected a trial of ${contender.name} but received ${kind}`);
process.stdout.write(JSON.stringify(await trial(JSON.parse(job!))));
