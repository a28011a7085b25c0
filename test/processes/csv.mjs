// Prints the memory that reading a CSV file of a million rows takes, and some of what it held.
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DataReader } from 'blasnet';

const [file] = process.argv.slice(2);
const rows = 1_000_000;
function* lines() {
  yield 'a,b,c,d,color,y\n';
  for (let i = 0; i < rows; i += 1000) {
    let text = '';
    for (let j = i; j < i + 1000; j++) text += `${j},${j % 97},-${j / 8},1e${j % 5},${j % 2 ? 'red' : 'green'},${j % 3}\n`;
    yield text;
  }
}
await pipeline(Readable.from(lines()), createWriteStream(file));
globalThis.gc();
const before = process.memoryUsage.rss();
const reader = new DataReader({ train: file, label: 'y', categorical: 'oneHot' });
await reader.readData();
console.log(
  JSON.stringify({
    megabytes: process.resourceUsage().maxRSS / 1024 - before / 2 ** 20,
    shape: reader.xTrain.shape,
    last: reader.xTrain.slice(rows - 1).toArray()[0],
    label: reader.yTrain.data[rows - 1],
  }),
);
