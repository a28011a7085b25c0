import test from 'ava';
import { escapeHtml, page } from '../../bench/page.js';
import { comparisonOf, reportWith, rowWith } from './reports.js';

const comparison = (id: string) =>
  comparisonOf(id, rowWith('blasnet', 'blasnet', 10, 11, 12), rowWith('C++ & co', 'C++', 8, 9, 10));

test('the page holds tables and charts, and nothing that has to be fetched', async (t) => {
  const html = await page(
    reportWith({
      comparisons: ['train mnist sgd', 'predict mnist 1', 'predict mnist 64', 'predict lenet 1', 'reach'].map(
        comparison,
      ),
      sweeps: [
        {
          id: 'batch',
          title: 'Rows of a batch',
          quantity: 'rows',
          points: [1, 64].map((at) => ({ at, comparison: comparison('train x sgd') })),
        },
      ],
      targets: [{ text: 'as fast', value: 0.5, met: false }],
    }),
  );
  t.true(html.startsWith('<!doctype html>'));
  t.is(html.match(/<svg/g)!.length, 5); // training, inference by two nets, reach, sweep
  t.notRegex(html, /NaN|Infinity|undefined/);
  t.notRegex(html, /(src|href)="http|url\(http|<script|<link|@import/);
  t.true(html.includes('CPU &lt;of a kind&gt;'));
  t.true(html.includes('<td>C++ &amp; co</td>') || html.includes('<td class="text">C++ &amp; co</td>'));
  t.true(html.includes('<td class="missed">missed</td>'));
  for (const title of ['Targets', 'Training', 'Inference', 'How cost grows'])
    t.true(html.includes(`<h2>${title}</h2>`));
});

test('names within the figures are unique on the page', async (t) => {
  const html = await page(reportWith({ comparisons: ['train a sgd', 'train b sgd'].map(comparison) }));
  const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
  t.is(new Set(ids).size, ids.length);
  for (const [, id] of html.matchAll(/url\(#([^)]+)\)/g)) t.true(ids.includes(id));
});

test('an empty report is a page without sections', async (t) => {
  t.notRegex(await page(reportWith({})), /<h2>/);
});

test('escapeHtml leaves nothing that a browser takes for a tag or an entity', (t) => {
  t.is(escapeHtml('a < b & "c" > d'), 'a &lt; b &amp; &quot;c&quot; &gt; d');
});
