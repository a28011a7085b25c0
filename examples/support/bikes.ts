import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { dataFile } from './data-files.js';

const hourLength = 3_600_000;
const features = ['rentals', 'temperature', 'humidity', 'wind', 'bad weather', 'working day'] as const;
const inFile = ['cnt', 'temp', 'hum', 'windspeed', 'weathersit', 'workingday'] as const;

/** Bikes rented in Washington in each hour of 2011 and 2012, and what is known of the hour. */
export interface Bikes {
  /** Columns of numbers, one a feature, with a number for each hour. */
  readonly columns: Readonly<Record<string, readonly number[]>>;
  /** The hours, in milliseconds since 1970. */
  readonly times: readonly number[];
}

/**
 * Reads the hours. Those that the file leaves out, mostly at night, are hours without rentals, in the weather of the hour
 * before. Hour and weekday are points on circles, so that 23 and 0 o'clock are neighbours.
 */
export function readBikes(): Bikes {
  const lines = gunzipSync(readFileSync(dataFile('bikes/hour.csv.gz')))
    .toString()
    .trim()
    .split('\n');
  const names = lines[0]!.split(',');
  const columns: Record<string, number[]> = Object.fromEntries(features.map((name) => [name, []]));
  const times: number[] = [];
  for (const line of lines.slice(1)) {
    const cells = line.split(',');
    const cell = (name: string) => cells[names.indexOf(name)]!;
    const time = Date.parse(cell('dteday')) + Number(cell('hr')) * hourLength;
    while (times.length > 0 && times.at(-1)! + hourLength < time) {
      times.push(times.at(-1)! + hourLength);
      for (const name of features) columns[name]!.push(name === 'rentals' ? 0 : columns[name]!.at(-1)!);
    }
    times.push(time);
    for (const [i, name] of features.entries()) columns[name]!.push(Number(cell(inFile[i]!)));
  }
  const circle = (name: string, turns: (time: number) => number) => {
    for (const [part, of] of [
      ['sine', Math.sin],
      ['cosine', Math.cos],
    ] as const) {
      columns[`${name} ${part}`] = times.map((time) => of(2 * Math.PI * turns(time)));
    }
  };
  circle('hour', (time) => (time / hourLength / 24) % 1);
  circle('weekday', (time) => (time / hourLength / 168) % 1);
  return { columns, times };
}
