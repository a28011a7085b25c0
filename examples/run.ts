// Runs an example by name: npm run example -- NAME [its options]

import { readdirSync } from 'node:fs';

const names = readdirSync(new URL('.', import.meta.url))
  .filter((file) => file.endsWith('.js') && file !== 'run.js')
  .map((file) => file.slice(0, -'.js'.length));
const [name, ...options] = process.argv.slice(2);
if (name === undefined || !names.includes(name)) {
  console.error(`Usage: npm run example -- NAME, where NAME is one of: ${names.join(', ')}`);
  process.exit(2);
}
process.argv.splice(2, Number.POSITIVE_INFINITY, ...options);
await import(`./${name}.js`);
