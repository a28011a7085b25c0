import { readdir, readFile, writeFile } from 'node:fs/promises';
import test from 'ava';
import { houses, program } from '../support/command-line.js';
import { temporaryFolder } from '../support/files.js';
import { buildMpi, runRanks } from '../support/mpi.js';

test.before(buildMpi);

const words = ['train', 'houses.csv', '--label', 'price', '--ignore', 'id', 'date', '--epochs', '3', '--seed', '4'];

test.serial(
  'mpirun -n 2 blasnet train trains one net, reported once, in the same bits as 1 rank by 2 shards',
  async (t) => {
    const models: Buffer[] = [];
    for (const ranks of [1, 2]) {
      const cwd = await temporaryFolder(t);
      await writeFile(`${cwd}/houses.csv`, await houses(400));
      const { code, output, errors } = await runRanks(ranks, [program, ...words, '--no-charts', '--shards', '2'], {
        cwd,
      });
      t.is(code, 0, errors);
      t.is(output.match(/rows to train on/g)?.length, 1);
      t.is(output.match(/ended by maxEpoch/g)?.length, 1);
      t.deepEqual((await readdir(cwd)).sort(), ['houses.csv', 'model.safetensors']);
      models.push(await readFile(`${cwd}/model.safetensors`));
    }
    t.deepEqual(models[0], models[1]);
  },
);

test.serial('a rank that cannot read its data ends the run, and says which one it is', async (t) => {
  const cwd = await temporaryFolder(t);
  const { code, errors } = await runRanks(2, [program, 'train', 'missing.csv', '--label', 'y'], { cwd });
  t.not(code, 0);
  t.regex(errors, /blasnet: rank [01]: .*missing\.csv/);
});
