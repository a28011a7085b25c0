import { type DataFiles, DataReader, type Tensor } from 'blasnet';
import { dataFile } from './data-files.js';

export interface HouseData {
  readonly reader: DataReader;
  /** Prices in dollars for normalised labels or a net's outputs. */
  readonly pricesOf: (y: Tensor) => number[];
}

/** Which columns are features and how they become numbers, and whether labels are logarithms of prices. */
export type HouseColumns = Omit<DataFiles, 'train'> & { readonly logPrices?: boolean };

/** The columns of the published experiment, as they are. */
export const tableColumns: HouseColumns = {
  columns: [
    ...['sale_year', 'sale_month', 'bedrooms', 'bathrooms', 'sqft_living', 'sqft_lot', 'floors', 'grade'],
    ...['sqft_above', 'sqft_basement', 'yr_built', 'yr_renovated', 'lat', 'long'],
  ],
};

const log = (cell: string) => Math.log(Number(cell));

/** These and others: a house and its neighbours by the logarithm of their areas, and each zip code for itself. */
export const moreColumns: HouseColumns = {
  columns: [
    ...tableColumns.columns!,
    ...['waterfront', 'view', 'condition', 'sqft_living15', 'sqft_lot15', 'is_renovated', 'zipcode'],
  ],
  categorical: { zipcode: 'oneHot' },
  transform: { sqft_living: log, sqft_lot: log, sqft_above: log, sqft_living15: log, sqft_lot15: log },
  logPrices: true,
};

/** The sales, a fifth of them for the test, a tenth of the others for validation; from 0 to 1 over all of them. */
export async function readHouses({ logPrices = false, ...columns }: HouseColumns): Promise<HouseData> {
  const reader = new DataReader({
    ...columns,
    train: dataFile('house/kc_house_data.csv.gz'),
    label: 'price',
    split: 5,
    derive: {
      sale_year: ({ date }) => Number(date!.slice(0, 4)),
      sale_month: ({ date }) => Number(date!.slice(4, 6)),
      is_renovated: ({ yr_renovated }) => Number(yr_renovated !== '0'),
    },
    transform: { ...columns.transform, ...(logPrices && { price: log }) },
  });
  await reader.readData();
  reader.normalizeX();
  reader.normalizeY('fitting');
  reader.generateValidationSet(10);
  const pricesOf = (y: Tensor) => {
    const labels = Array.from(reader.deNormalizeY(y).data);
    return logPrices ? labels.map(Math.exp) : labels;
  };
  return { reader, pricesOf };
}
