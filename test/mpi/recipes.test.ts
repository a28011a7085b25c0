// The recipes of docs/mpi.md for schedulers, as far as they can be checked without one.
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { Ajv, type Schema } from 'ajv';
import test from 'ava';
import { readPage } from '../support/pages.js';

const { safeLoad } = createRequire(import.meta.url)('js-yaml') as { safeLoad: (text: string) => unknown };

const page = await readPage('docs/mpi.md');
const blocks = (language: string) => page.blocks.filter((block) => block.language === language).map(({ code }) => code);

interface PublishedSchema {
  readonly apiVersion: string;
  readonly kind: string;
  readonly schema: Schema;
}

const published: PublishedSchema = JSON.parse(await readFile('test/fixtures/kubeflow/mpijob.json', 'utf8'));

/** The schema with no other properties than it names, as kubectl checks manifests. */
function closed(node: unknown, isMap = false): unknown {
  if (Array.isArray(node)) return node.map((item) => closed(item));
  if (node === null || typeof node !== 'object') return node;
  const copy = Object.fromEntries(
    Object.entries(node).map(([key, value]) => [key, closed(value, !isMap && key === 'properties')]),
  );
  const hasOnlyThese = !isMap && 'properties' in copy && !('additionalProperties' in copy);
  return hasOnlyThese ? { ...copy, additionalProperties: false } : copy;
}

const ajv = new Ajv({ strictTypes: false, allErrors: true, formats: { int32: true, int64: true, 'date-time': true } });
for (const keyword of ['list-type', 'list-map-keys', 'map-type', 'int-or-string']) {
  ajv.addKeyword(`x-kubernetes-${keyword}`);
}
const validate = ajv.compile(closed(published.schema) as Schema);

interface Job {
  apiVersion: string;
  kind: string;
  spec: {
    slotsPerWorker: number;
    mpiReplicaSpecs: Record<
      string,
      { replicas: number; template: { spec: { containers: Record<string, unknown>[] } } }
    >;
  };
}

const manifest = () => safeLoad(blocks('yaml')[0]!) as Job;

test('the MPIJob is valid by the schema that the MPI operator publishes', (t) => {
  t.is(blocks('yaml').length, 1);
  t.true(validate(manifest()), ajv.errorsText(validate.errors));
  const { apiVersion, kind, spec } = manifest();
  t.deepEqual([apiVersion, kind], [published.apiVersion, published.kind]);
  // The operator checks this as well; the schema does not.
  t.deepEqual(Object.keys(spec.mpiReplicaSpecs), ['Launcher', 'Worker']);
  t.is(spec.mpiReplicaSpecs.Launcher!.replicas, 1);
  const { command } = spec.mpiReplicaSpecs.Launcher!.template.spec.containers[0]! as { command: string[] };
  const ranks = Number(command[command.indexOf('-n') + 1]);
  t.is(ranks, spec.mpiReplicaSpecs.Worker!.replicas * spec.slotsPerWorker, 'a rank for each slot');
});

const spoilt: Record<string, [spoil: (job: Job) => void, reason: RegExp]> = {
  'a field of another name': [
    ({ spec }) => Object.assign(spec, { slotsPerWorkers: 1 }),
    /data\/spec must NOT have additional properties/,
  ],
  'a number as a word of the command': [
    ({ spec }) => Object.assign(spec.mpiReplicaSpecs.Launcher!.template.spec.containers[0]!, { command: ['-n', 4] }),
    /Launcher\/template\/spec\/containers\/0\/command\/1 must be string/,
  ],
  'a container without a name': [
    ({ spec }) => delete spec.mpiReplicaSpecs.Worker!.template.spec.containers[0]!.name,
    /Worker\/template\/spec\/containers\/0 must have required property 'name'/,
  ],
  'a limit that is no quantity': [
    ({ spec }) =>
      Object.assign(spec.mpiReplicaSpecs.Worker!.template.spec.containers[0]!, {
        resources: { limits: { memory: '8 gigabytes' } },
      }),
    /limits\/memory must match pattern/,
  ],
};

for (const [what, [spoil, reason]] of Object.entries(spoilt)) {
  test(`the schema refuses an MPIJob with ${what}`, (t) => {
    const job = manifest();
    spoil(job);
    t.false(validate(job));
    t.regex(ajv.errorsText(validate.errors), reason);
  });
}

const batch = blocks('sh').find((code) => code.includes('#SBATCH'))!;
const valuesOf = (text: string) =>
  Object.fromEntries(
    [...text.matchAll(/--([\w-]+)(?:[= ]([^\s"]+|"[^"]*"))?/g)].map(([, name, value]) => [name, value]),
  );

test('the batch script for SLURM is one that a shell reads, with one rank for each shard', (t) => {
  t.notThrows(() => execFileSync('bash', ['-n'], { input: batch, stdio: ['pipe', 'pipe', 'pipe'] }));
  const lines = batch.split('\n');
  t.is(lines[0], '#!/bin/sh');
  const commands = lines.findIndex((line) => !line.startsWith('#'));
  t.false(
    lines.slice(commands).some((line) => line.startsWith('#SBATCH')),
    'options stand in front of all commands',
  );
  const options = valuesOf(lines.slice(0, commands).join('\n'));
  t.deepEqual(Object.keys(options).sort(), ['cpus-per-task', 'nodes', 'ntasks-per-node', 'time']);
  t.regex(options.time!, /^\d\d:\d\d:\d\d$/);
  const start = valuesOf(lines.find((line) => line.startsWith('srun '))!);
  t.is(start.mpi, 'pmix');
  // From its version 22.05 on, srun does not take the cores of a task over from the batch script.
  t.is(start['cpus-per-task'], '"$SLURM_CPUS_PER_TASK"');
  t.is(Number(start.shards), Number(options.nodes) * Number(options['ntasks-per-node']));
  t.regex(batch, /^export BLASNET_THREADS=\$SLURM_CPUS_PER_TASK$/m);
});
