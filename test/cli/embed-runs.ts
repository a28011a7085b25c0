import type { ExecutionContext } from 'ava';
import { temporaryFolder, write } from '../support/files.js';

export const cities = ['Berlin', 'Paris', 'Rome', 'Oslo', 'Bern'];

export async function folderOf(t: ExecutionContext): Promise<string> {
  const folder = await temporaryFolder(t);
  const rows = Array.from({ length: 200 }, (_, i) => {
    const [city, street, size] = [(i * 7) % 5, (i * 11) % 8, 20 + ((i * 13) % 50)];
    return `${cities[city]},s${street},${size},${(3 + city) * size + 10 * street}`;
  });
  await write(folder, 'flats.csv', ['city,street,size,price', ...rows].join('\n'));
  await write(folder, 'new.csv', 'size,street,city\n40,s1,Berlin\n40,s1,London\n');
  return folder;
}
