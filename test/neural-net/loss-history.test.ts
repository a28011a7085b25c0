import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { CheckpointRecord } from 'blasnet';
import { badArgument, badFile } from '../support/errors.js';
import { temporaryFolder, write } from '../support/files.js';
import { fittingNet, fittingReader } from '../support/nets.js';

test('showLossHistory › an SVG, and files', async (t) => {
  const folder = await temporaryFolder(t);
  const net = fittingNet([3, 1]);
  await net.train(fittingReader(40, 3));
  const svg = await net.showLossHistory();
  t.is(await net.showLossHistory({ title: undefined, xCoordinate: undefined, file: undefined }), svg);
  t.regex(svg, /^<svg[\s\S]*<\/svg>\s*$/);
  t.regex(svg, /test net/);
  t.regex(svg, /R² \(1 is perfect\)/);
  t.notRegex(svg, /Accuracy/);
  const file = join(folder, 'new', 'loss.svg');
  const byEpoch = await net.showLossHistory({ file, xCoordinate: 'epoch' });
  t.is(await readFile(file, 'utf8'), byEpoch);
  const png = join(folder, 'loss.png');
  await net.showLossHistory({ file: png });
  t.is((await readFile(png)).subarray(1, 4).toString(), 'PNG');
});

test('showLossHistory › of a run that ended early', async (t) => {
  const net = fittingNet([3, 1]);
  const endAt = async (last: number) => {
    const onCheckpoint = ({ epoch }: CheckpointRecord) => {
      if (epoch === last) throw new Error('enough');
    };
    await t.throwsAsync(net.train(fittingReader(40, 3), { onCheckpoint }), { message: 'enough' });
    return net.showLossHistory();
  };
  const short = await endAt(2);
  t.regex(short, /^<svg/);
  t.not(await endAt(5), short);
});

test('showLossHistory › errors', async (t) => {
  const net = fittingNet([3, 1]);
  await t.throwsAsync(net.showLossHistory(), badArgument(/a train with a checkpoint before it for showLossHistory/));
  await net.train(fittingReader(20, 3));
  await t.throwsAsync(
    net.showLossHistory({ file: 'loss.gif' }),
    badArgument(/a name that ends in .svg or .png for file/),
  );
  const file = await write(await temporaryFolder(t), 'file', 'x');
  await t.throwsAsync(
    net.showLossHistory({ file: join(file, 'loss.svg') }),
    badFile(/^Expected a writable file at '.*file\/loss.svg' but received ENOTDIR/),
  );
});
