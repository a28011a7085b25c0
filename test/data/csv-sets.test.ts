import test from 'ava';
import { readCsv } from '../support/csv.js';

// Lines of real files, with all that is peculiar to them.

// "House Sales in King County, USA", CC0.
const house = `id,date,price,bedrooms,bathrooms,sqft_living,floors,zipcode,lat,long
"7129300520","20141013T000000",221900,3,1,1180,"1","98178",47.5112,-122.257
"6414100192","20141209T000000",538000,3,2.25,2570,"2","98125",47.721,-122.319
"7237550310","20140512T000000",1.225e+006,4,4.5,5420,"1","98053",47.6561,-122.005
`;
// UCI Adult, by Barry Becker and Ronny Kohavi, CC BY 4.0.
const adultNames =
  'age workclass fnlwgt education educationNum marital occupation relationship race sex gain loss hours country income';
const adult = `39, State-gov, 77516, Bachelors, 13, Never-married, Adm-clerical, Not-in-family, White, Male, 2174, 0, 40, United-States, <=50K
52, Self-emp-not-inc, 209642, HS-grad, 9, Married-civ-spouse, Exec-managerial, Husband, White, Male, 0, 0, 45, United-States, >50K
54, ?, 180211, Some-college, 10, Married-civ-spouse, ?, Husband, Asian-Pac-Islander, Male, 0, 0, 60, South, >50K

`;
const adultTest = `|1x3 Cross validator
25, ?, 226802, HS-grad, 7, Never-married, ?, Not-in-family, White, Male, 0, 0, 40, United-States, <=50K.

`;

test('King County houses', async (t) => {
  const reader = await readCsv(t, {
    train: house,
    label: 'price',
    ignore: ['id', 'date'],
    categorical: { zipcode: 'oneHot' },
    derive: { saleYear: ({ date }) => date!.slice(0, 4), saleMonth: ({ date }) => date!.slice(4, 6) },
    dtype: 'float64',
  });
  t.deepEqual(reader.featureNames, [
    ...['bedrooms', 'bathrooms', 'sqft_living', 'floors', 'zipcode=98053', 'zipcode=98125', 'zipcode=98178'],
    ...['lat', 'long', 'saleYear', 'saleMonth'],
  ]);
  t.deepEqual((reader.xTrain.toArray() as number[][])[2], [4, 4.5, 5420, 1, 1, 0, 0, 47.6561, -122.005, 2014, 5]);
  t.deepEqual(reader.yTrain.toArray(), [[221900], [538000], [1225000]]);
});

test('Adult', async (t) => {
  const reader = await readCsv(t, {
    train: adult,
    test: adultTest,
    extension: 'data',
    header: adultNames.split(' '),
    label: 'income',
    comment: '|',
    columns: ['age', 'workclass', 'occupation', 'race', 'hours'],
    categorical: 'oneHot',
    missing: 'category',
    transform: { income: (cell) => cell.replace('.', '') },
  });
  t.deepEqual(reader.categories, {
    workclass: ['', 'Self-emp-not-inc', 'State-gov'],
    occupation: ['', 'Adm-clerical', 'Exec-managerial'],
    race: ['Asian-Pac-Islander', 'White'],
    income: ['<=50K', '>50K'],
  });
  t.deepEqual(reader.xTrain.toArray(), [
    [39, 0, 0, 1, 0, 1, 0, 0, 1, 40],
    [52, 0, 1, 0, 0, 0, 1, 0, 1, 45],
    [54, 1, 0, 0, 1, 0, 0, 1, 0, 60],
  ]);
  t.deepEqual(reader.xTest.toArray(), [[25, 1, 0, 0, 1, 0, 0, 0, 1, 40]]);
  reader.normalizeX();
  reader.normalizeY('binaryClassifier');
  t.deepEqual(reader.yTrain.toArray(), [[0], [1], [1]]);
  t.deepEqual(reader.yTest.toArray(), [[0]]);
  reader.setClassWeights('balanced');
  t.deepEqual(reader.classWeights, Float64Array.of(1.5, 0.75));
  const row = Object.fromEntries(adultNames.split(' ').map((name, i) => [name, adult.split(',')[i]!]));
  t.deepEqual(reader.normalizePredictData(reader.encodeRows([row])).toArray(), reader.xTrain.slice(0, 1).toArray());
});
