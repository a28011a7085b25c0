import { houses } from '../support/command-line.js';
import { temporaryFolder, write } from '../support/files.js';

export const housesFor = async (t: Parameters<typeof temporaryFolder>[0], rows = 500) => {
  const folder = await temporaryFolder(t);
  await write(folder, 'houses.csv', await houses(rows));
  return folder;
};

export const houseOptions = ['houses.csv', '--label', 'price', '--ignore', 'id', 'date', '--epochs', '4'];
