import type { ExecutionContext } from 'ava';
import { temporaryFolder, write } from '../support/files.js';

export const hours = Array.from({ length: 300 }, (_, hour) => hour);

export const timeOf = (hour: number) => new Date(Date.UTC(2024, 0, 1, hour)).toISOString().slice(0, 16);

export const lines = hours.map((hour) => {
  const noise = ((hour * 7919) % 101) / 101;
  return `${timeOf(hour)},${(50 + 10 * Math.sin((hour * Math.PI) / 12) + noise).toFixed(2)},${20 + (hour % 5)}`;
});

export const csv = (rows: readonly string[]) => `${['time,load,heat', ...rows].join('\n')}\n`;

export const args = ['train', 'series.csv', '--window', '24', '--horizon', '6', '--target', 'load', '--time', 'time'];

export async function folderOf(t: ExecutionContext): Promise<string> {
  const folder = await temporaryFolder(t);
  await write(folder, 'series.csv', csv(lines));
  return folder;
}
