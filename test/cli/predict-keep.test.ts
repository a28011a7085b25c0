import test from 'ava';
import { blasnet, cellsOf } from '../support/command-line.js';
import { irisModel } from './keep-runs.js';

test('predict --keep › all columns, or named ones, stand in front of the answers', async (t) => {
  const { folder, csv } = await irisModel(t);
  const plain = cellsOf((await blasnet(folder, ['predict', 'model.safetensors', 'iris.csv'])).output);
  const all = await blasnet(folder, ['predict', 'model.safetensors', 'iris.csv', '--keep']);
  t.is(all.errors, '');
  t.is(
    all.output.split('\n')[0],
    'sepal_length,sepal_width,petal_length,petal_width,species,class,p(setosa),p(versicolor),p(virginica)',
  );
  t.deepEqual(
    cellsOf(all.output),
    cellsOf(csv).map((cells, i) => ({ ...cells, ...plain[i] })),
  );
  const some = await blasnet(folder, ['predict', 'model.safetensors', 'iris.csv', '--keep', 'species', 'petal_width']);
  t.is(some.output.split('\n')[0], 'species,petal_width,class,p(setosa),p(versicolor),p(virginica)');
  t.deepEqual(
    cellsOf(some.output),
    cellsOf(csv).map(({ species, petal_width }, i) => ({ species, petal_width, ...plain[i] })),
  );
});
