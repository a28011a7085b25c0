/** Cells of a table as text. */
export interface Cells {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text as HTML shows it. */
export const escapeHtml = (text: string) => text.replace(/[&<>"]/g, (character) => entities[character]!);

/** A table that is as wide as its cells, in a frame that is as wide as the page. */
export function htmlTable({ header, rows }: Cells): string {
  const cell = (tag: string, text: string) => {
    const isWords = tag === 'td' && /^[^\d–]/.test(text);
    return `<${tag}${isWords ? ' class="text"' : ''}>${escapeHtml(text)}</${tag}>`;
  };
  const line = (tag: string, cells: readonly string[]) => {
    const own = tag === 'td' && /^blasnet/.test(cells[0]!) ? ' class="own"' : '';
    return `<tr${own}>${cells.map((text) => cell(tag, text)).join('')}</tr>`;
  };
  const body = rows.map((cells) => line('td', cells)).join('\n');
  const table = `<table><thead>${line('th', header)}</thead><tbody>\n${body}\n</tbody></table>`;
  return `<div class="wide" tabindex="0">${table}</div>`;
}
