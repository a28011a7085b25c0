import { renderSvg } from 'blasnet/charts';
import { barChart, inferenceChart, sweepChart } from './charts.js';
import { describe } from './machine.js';
import { isOfProduct, productTable } from './products/table.js';
import type { Comparison, Report } from './report.js';
import { isOfSequences, sequenceTable } from './sequences/table.js';
import { threeDigits } from './table.js';
import { sweepTable, tableOf } from './terminal.js';

const style = `
body { font: 16px/1.5 system-ui, sans-serif; color: #222; max-width: 960px; margin: 2rem auto; padding: 0 1rem; }
h1, h2, h3 { line-height: 1.2; } h2 { margin-top: 2.5rem; } h3 { margin-top: 2rem; }
figure { margin: 1rem 0; overflow-x: auto; } svg { max-width: 100%; height: auto; }
table { border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .8rem; border-bottom: 1px solid #e6e6e6; text-align: right; }
th:first-child, td:first-child, td.text { text-align: left; } thead th { border-bottom-color: #999; }
.own td { font-weight: bold; color: #0072b2; } .missed { color: #b34700; } details { margin: .5rem 0; }
`;

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
  add('Training', ...(await Promise.all(training.map((one) => withTable(barChart(one), tableOf(one))))));
  const nets = [...new Set(inference.map(({ id }) => id.split(' ')[1]!))];
  add('Inference', ...(await Promise.all(nets.map((net) => inferenceBy(inference, net)))));
  if (ofSequences.length > 0) {
    const { notes, ...cells } = sequenceTable(ofSequences);
    const lines = notes.map((note) => `<p>${escapeHtml(note)}</p>`);
    const own = await Promise.all(ofSequences.map((one) => withTable(barChart(one), tableOf(one))));
    add('Sequences, one thread', htmlTable(cells), ...lines, ...own);
  }
  if (ofProducts.length > 0) add('Products of matrices', htmlTable(productTable(ofProducts)));
  for (const one of others) add(one.title, await figure(barChart(one)), htmlTable(tableOf(one)));
  const charts = sweeps.map((sweep) => withTable(sweepChart(sweep), sweepTable(sweep)));
  add('How cost grows', ...(await Promise.all(charts)));
  const [machine, ...rest] = describe(report);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>blasnet benchmark, ${escapeHtml(report.date)}</title>
<style>${style}</style>
<h1>blasnet benchmark</h1>
<p>${escapeHtml(machine!)}</p>
<ul>${rest.map((line) => `<li>${escapeHtml(line)}</li>`).join('')}</ul>
<p>Times are compared within one run only. Everybody starts from the same weights and must reach the same loss and the
same weights after some steps before any time counts. blasnet is timed through <code>net.train</code> and
<code>net.inference</code>, with shuffling, gathering, loss and accuracy; the others take batches that lie ready.</p>
${sections.join('\n')}
</html>
`;
}

/** A chart over the numbers of rows, and a table for each. */
async function inferenceBy(all: readonly Comparison[], net: string): Promise<string> {
  const own = all.filter(({ id }) => id.split(' ')[1] === net);
  const tables = own.map((one) => `<h3>${escapeHtml(one.title)}</h3>${htmlTable(tableOf(one))}`);
  return [await figure(inferenceChart(own)), ...tables].join('\n');
}

interface Cells {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

async function withTable(spec: Parameters<typeof renderSvg>[0], cells: Cells): Promise<string> {
  return `${await figure(spec)}\n<details><summary>Figures</summary>${htmlTable(cells)}</details>`;
}

let figures = 0;

/** An SVG whose names (of clip paths) are its own, since all figures of a page share one space of names. */
async function figure(spec: Parameters<typeof renderSvg>[0]): Promise<string> {
  const svg = await renderSvg(spec);
  figures++;
  return `<figure>${svg.replace(/(id="|url\(#|href="#)/g, `$1f${figures}-`)}</figure>`;
}

function htmlTable({ header, rows }: Cells): string {
  const cell = (tag: string, text: string) => {
    const isWords = tag === 'td' && /^[^\d–]/.test(text);
    return `<${tag}${isWords ? ' class="text"' : ''}>${escapeHtml(text)}</${tag}>`;
  };
  const line = (tag: string, cells: readonly string[]) => {
    const own = tag === 'td' && /^blasnet/.test(cells[0]!) ? ' class="own"' : '';
    return `<tr${own}>${cells.map((text) => cell(tag, text)).join('')}</tr>`;
  };
  const body = rows.map((cells) => line('td', cells)).join('\n');
  return `<table><thead>${line('th', header)}</thead><tbody>\n${body}\n</tbody></table>`;
}

function targetTable({ targets }: Report): string {
  const rows = targets.map(
    ({ text, value, met }) =>
      `<tr><td>${escapeHtml(text)}</td><td>${threeDigits(value)}</td>` +
      `<td class="${met ? 'met' : 'missed'}">${met ? 'met' : 'missed'}</td></tr>`,
  );
  return `<table><thead><tr><th></th><th>measured</th><th></th></tr></thead><tbody>\n${rows.join('\n')}\n</tbody></table>`;
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text as HTML shows it. */
export const escapeHtml = (text: string) => text.replace(/[&<>"]/g, (character) => entities[character]!);
