import type { DataFiles } from 'blasnet';
import { dataFile } from './data-files.js';

/** The columns of names. */
export const adultNames = [
  ...['workclass', 'education', 'marital status', 'occupation', 'relationship', 'race', 'sex', 'country'],
];

/** The UCI Adult data: people of the US census of 1994, and whether they earn above $50,000 a year. */
export const adultFiles: DataFiles = {
  train: dataFile('adult/adult.data.gz'),
  test: dataFile('adult/adult.test.gz'),
  skipLines: { test: 1 },
  header: [
    ...['age', 'workclass', 'weight', 'education', 'education years', 'marital status', 'occupation', 'relationship'],
    ...['race', 'sex', 'capital gain', 'capital loss', 'hours per week', 'country', 'income'],
  ],
  label: 'income',
  ignore: ['weight'],
  missing: 'category',
  transform: {
    'capital gain': (cell) => Math.min(Number(cell), 20_000), // a few of 99,999 would press all others into a corner
    income: (cell) => cell.replace('.', ''), // the test file's labels end in a full stop
  },
};
