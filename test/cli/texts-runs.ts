import type { ExecutionContext } from 'ava';
import { temporaryFolder, write } from '../support/files.js';

export const things = { food: ['soup', 'bread', 'cheese', 'apple'], tool: ['hammer', 'saw', 'drill', 'nail'] };

export const phrases = [
  'I would like %',
  'please hand me the %',
  'where is the %?',
  '% and nothing else',
  'one more %, "quickly"',
];

/** A message for each thing and phrase; all words but the things are in both classes. */
export const messages = Object.entries(things).flatMap(([label, names]) =>
  names.flatMap((name) => phrases.map((phrase) => ({ message: phrase.replace('%', name), label }))),
);

export const csvOf = (rows: readonly { message: string; label: string }[]) =>
  `${['id,message,label', ...rows.map(({ message, label }, i) => `${i},"${message.replaceAll('"', '""')}",${label}`)].join('\n')}\n`;

export async function folderOf(t: ExecutionContext): Promise<string> {
  const folder = await temporaryFolder(t);
  await write(folder, 'messages.csv', csvOf(messages));
  return folder;
}

export const args = ['train', 'messages.csv', '--text', 'message', '-l', 'label', '--rate', '0.01', '--no-charts'];
