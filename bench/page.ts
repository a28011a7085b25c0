import { renderSvg } from 'blasnet/charts';
import { bars, legend } from './bars.js';
import { sweepChart } from './charts.js';
import { type Cells, escapeHtml, htmlTable } from './html.js';
import { describe } from './machine.js';
import { isOfProduct, productTable } from './products/table.js';
import type { Comparison, Report } from './report.js';
import { isOfSequences, sequenceTable } from './sequences/table.js';
import { style } from './style.js';
import { threeDigits } from './table.js';
import { sweepTable, tableOf } from './terminal.js';

/** A report as one HTML file that needs no other: tables, and charts as SVG. */
export async function page(report: Report): Promise<string> {
  const { comparisons, sweeps, targets } = report;
  const training = comparisons.filter(({ id }) => id.startsWith('train'));
  const inference = comparisons.filter(({ id }) => id.startsWith('predict'));
  const ofSequences = comparisons.filter(isOfSequences);
  const ofProducts = comparisons.filter(isOfProduct);
  const known = [...training, ...inference, ...ofSequences, ...ofProducts];
  const others = comparisons.filter((one) => !known.includes(one));
  const sections: string[] = [];
  const add = (title: string, ...bodies: string[]) => {
    if (bodies.length > 0) sections.push(`<h2>${escapeHtml(title)}</h2>`, ...bodies);
  };
  if (targets.length > 0) add('Targets', targetTable(report));
  add('Training', ...training.map(barsWithTable));
  add('Inference', ...inference.map(barsWithTable));
  if (ofSequences.length > 0) {
    const { notes, ...cells } = sequenceTable(ofSequences);
    const lines = notes.map((note) => `<p>${escapeHtml(note)}</p>`);
    add('Sequences, one thread', ...lines, details(cells, 'All medians'), ...ofSequences.map(barsWithTable));
  }
  if (ofProducts.length > 0) add('Products of matrices', htmlTable(productTable(ofProducts)));
  if (others.length > 0) add('What a program notices', ...others.map(barsWithTable));
  const charts = sweeps.map((sweep) => withTable(sweepChart(sweep), sweepTable(sweep)));
  add('How cost grows', ...(await Promise.all(charts)));
  const [machine, ...rest] = describe(report);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>blasnet benchmark, ${escapeHtml(report.date)}</title>
<style>${style}</style>
<h1>blasnet benchmark</h1>
<p>${escapeHtml(machine!)}</p>
<ul>${rest.map((line) => `<li>${escapeHtml(line)}</li>`).join('')}</ul>
<p>Times are compared within one run only. Everybody starts from the same weights and must reach the same loss and the
same weights after some steps before any time counts. blasnet is timed through <code>net.train</code> and
<code>net.inference</code>, with shuffling, gathering, loss and accuracy; the others take batches that lie ready.</p>
${legend(comparisons)}
${sections.join('\n')}
</html>
`;
}

/** Bars, and the figures behind them. */
const barsWithTable = (one: Comparison) => `${bars(one)}\n${details(tableOf(one))}`;

const details = (cells: Cells, title = 'Figures') =>
  `<details><summary>${title}</summary>${htmlTable(cells)}</details>`;

async function withTable(spec: Parameters<typeof renderSvg>[0], cells: Cells): Promise<string> {
  return `${await figure(spec)}\n${details(cells)}`;
}

let figures = 0;

/** An SVG whose names (of clip paths) are its own, since all figures of a page share one space of names. */
async function figure(spec: Parameters<typeof renderSvg>[0]): Promise<string> {
  const svg = await renderSvg(spec);
  figures++;
  return `<figure>${svg.replace(/(id="|url\(#|href="#)/g, `$1f${figures}-`)}</figure>`;
}

function targetTable({ targets }: Report): string {
  const rows = targets.map(
    ({ text, value, met }) =>
      `<tr><td>${escapeHtml(text)}</td><td>${threeDigits(value)}</td>` +
      `<td class="${met ? 'met' : 'missed'}">${met ? 'met' : 'missed'}</td></tr>`,
  );
  const table = `<table><thead><tr><th></th><th>measured</th><th></th></tr></thead><tbody>\n${rows.join('\n')}\n</tbody></table>`;
  return `<div class="wide" tabindex="0">${table}</div>`;
}
