import { existsSync, readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';

/** A page in Markdown, taken apart. */
export interface Page {
  readonly path: string;
  readonly text: string;
  /** The text without code. */
  readonly prose: string;
  readonly blocks: readonly CodeBlock[];
  /** Code within lines. */
  readonly spans: readonly string[];
}

export interface CodeBlock {
  readonly language: string;
  readonly code: string;
}

const fences = /^ *```(\w*)\n(.*?)^ *```$/gms;
const inlineCode = /`([^`\n]+)`/g;

export async function readPage(path: string): Promise<Page> {
  const text = await readFile(path, 'utf8');
  const blocks = [...text.matchAll(fences)].map(([, language, code]) => ({ language: language!, code: code! }));
  const lines = text.replace(fences, '');
  const spans = [...lines.matchAll(inlineCode)].map(([, code]) => code!);
  return { path, text, prose: lines.replace(inlineCode, '``'), blocks, spans };
}

/** README, CONTRIBUTING, SECURITY, CHANGELOG and the pages in docs/. */
export async function allPages(): Promise<readonly Page[]> {
  const docs = (await readdir('docs')).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`);
  return Promise.all(['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', ...docs.sort()].map(readPage));
}

/** Links of a page that lead nowhere in the project: to a file that is missing, or to a heading that a page lacks. */
export function brokenLinks({ path, prose }: Page): string[] {
  const targets = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!);
  return targets.filter((target) => !/^https?:/.test(target) && !leadsSomewhere(path, target));
}

function leadsSomewhere(path: string, target: string): boolean {
  const [file, anchor] = target.split('#') as [string, string | undefined];
  const whole = file === '' ? path : normalize(join(dirname(path), file));
  if (!existsSync(whole)) return false;
  return anchor === undefined || anchorsOf(readFileSync(whole, 'utf8')).includes(anchor);
}

/** Names of a page's headings as GitHub makes them. */
function anchorsOf(text: string): string[] {
  return [...text.replace(fences, '').matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  );
}

/** Paths of files and folders of the project that a page names in code. Names with a placeholder are left out. */
export function pathsNamed({ blocks, spans }: Page): string[] {
  const shell = blocks.filter(({ language }) => language === 'sh').map(({ code }) => code);
  const words = [...shell, ...spans].flatMap((code) => code.split(/[\s,;'"()]+/));
  const folders = /^(bench|data|docs|examples|native|scripts|test|third-party|ts)\/[\w./-]*$/;
  return [...new Set(words.map((word) => word.replace(/[.:]$/, '')).filter((word) => folders.test(word)))];
}

/**
 * Commands of a page that begin with one of `starts`, as words: lines of shell blocks, continued ones joined, and code
 * within lines. A command ends at a pipe, a redirection, a comment, or the next command.
 */
export function commandsOf({ blocks, spans }: Page, starts: readonly string[]): { words: string[]; whole: boolean }[] {
  const shell = blocks.filter(({ language }) => language === 'sh').flatMap(({ code }) => linesOf(code));
  const split = (line: string) => line.match(/'[^']*'|"[^"]*"|&&|[|;&<>#]|[^\s|;&<>#]+/g) ?? [];
  const found = (line: string, whole: boolean) => {
    const words = split(line);
    return words.flatMap((_, at) => {
      const start = starts.find((text) => text.split(' ').every((word, i) => words[at + i] === word));
      if (start === undefined) return [];
      const rest = words.slice(at + start.split(' ').length);
      const end = rest.findIndex((word) => /^(&&|[|;&<>#])$/.test(word));
      const command = end < 0 ? rest : rest.slice(0, end);
      return [{ words: command.map((word) => word.replace(/^(['"])(.*)\1$/, '$2')), whole }];
    });
  };
  return [...shell.flatMap((line) => found(line, true)), ...spans.flatMap((span) => found(span, false))];
}

function linesOf(code: string): string[] {
  return code.replace(/\\\n\s*/g, ' ').split('\n');
}
