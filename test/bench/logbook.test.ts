import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { Logbook } from '../../bench/logbook.js';
import { readOptions } from '../../bench/options.js';
import type { Report } from '../../bench/report.js';
import { temporaryFolder } from '../support/files.js';
import { comparisonOf, reportWith, rowWith } from './reports.js';

const options = readOptions(['--quick'], [{ name: 'house sgd', quick: true, share: 1 }]);
const part = (id: string) => ({ comparisons: [comparisonOf(id, rowWith('blasnet', 'blasnet', 1, 2, 3))] });
const start = (folder: string) =>
  new Logbook(folder, reportWith({}).machine, { entrants: [], skipped: ['skipped rival: not there'] }, options, 0.5);
const read = async (folder: string, name: string): Promise<Report> =>
  JSON.parse(await readFile(join(folder, name), 'utf8'));

test('what was measured is written after every part, beside the results of an earlier run', async (t) => {
  const folder = join(await temporaryFolder(t), 'results');
  const logbook = start(folder);
  await logbook.add(part('train house sgd'));
  const name = `${logbook.report().date}.json`;
  const partial = name.replace('.json', '.partial.json');
  await writeFile(join(folder, name), 'of an earlier run');
  logbook.leaveOut('rival is left out');
  logbook.fail('inference failed');
  await logbook.add(part('train mnist sgd'));
  const { comparisons, skipped, failures, runs, quick, load } = await read(folder, partial);
  t.deepEqual(
    comparisons.map(({ id }) => id),
    ['train house sgd', 'train mnist sgd'],
  );
  t.deepEqual(skipped, ['skipped rival: not there', 'rival is left out']);
  t.deepEqual(failures, ['inference failed']);
  t.deepEqual([runs, quick, load.before], [options.effort.runs, true, 0.5]);
  t.deepEqual((await readdir(folder)).sort(), [name, partial].sort());
  t.is(await readFile(join(folder, name), 'utf8'), 'of an earlier run');
});

test('in the end there are the report and its page', async (t) => {
  const folder = await temporaryFolder(t);
  const logbook = start(folder);
  await logbook.add(part('train house sgd'));
  const names = await logbook.finish();
  t.deepEqual((await readdir(folder)).sort(), [...names].sort());
  t.deepEqual((await read(folder, names[0]!)).comparisons, logbook.report().comparisons);
  t.regex(await readFile(join(folder, 'index.html'), 'utf8'), /^<!doctype html>/);
});
