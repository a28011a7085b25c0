// Finds the examples in docstrings, and makes programs of them that check what their comments say.

/** An `@example` of a docstring. */
export interface Example {
  /** Under ts/. */
  readonly file: string;
  /** The name of the class, function or method below the docstring. */
  readonly name: string;
  readonly code: string;
}

/** The examples in the text of a file; a docstring may have several. */
export function examplesIn(file: string, text: string): Example[] {
  return [...text.matchAll(/\/\*\*(.*?)\*\/\s*([^\n]*)/gs)].flatMap(([, comment, declaration]) => {
    const lines = comment!.split('\n').map((line) => line.replace(/^\s*(?:\* ?)?/, ''));
    const examples = lines.join('\n').split(/^@example\b/m);
    return examples.slice(1).map((part) => {
      const name = nameIn(declaration!);
      const [, code] = /^\s*```(?:ts|js)\n(.*?)^```/ms.exec(part) ?? [];
      if (code === undefined) throw new Error(`${file}: the @example of ${name} is not between fences of code in ts`);
      return { file, name, code };
    });
  });
}

function nameIn(declaration: string): string {
  const modifiers =
    /^(?:(?:export|default|abstract|declare|static|async|override|readonly|class|function|const|get)\s+|\*\s*)*/;
  return /^[\w$]+/.exec(declaration.replace(modifiers, ''))?.[0] ?? declaration;
}

/** A program that runs an example. */
export interface ExampleProgram {
  readonly program: string;
  /** How many values it checks; it prints that number at the end. */
  readonly expectations: number;
}

const helpers = `import { inspect as $inspect } from 'node:util';
let $checked = 0;
function $check(value, expected) {
  const text = $inspect(value, { breakLength: Infinity, depth: 5 });
  const pattern = expected.split('…').map((part) => part.replace(/[\\\\^$.*+?()[\\]{}|]/g, '\\\\$&')).join('.*');
  if (!new RegExp('^' + pattern + '$', 's').test(text)) throw new Error(expected + ' was expected, but it is ' + text);
  $checked++;
}
async function $throws(call, code) {
  try {
    await call();
  } catch (error) {
    if (error.code !== code) throw error;
    $checked++;
    return;
  }
  throw new Error(code + ' was expected, but nothing was thrown');
}
`;

/**
 * Makes a program of an example. A statement of one line may end with a comment:
 * - `// → text`: its value, or that of the constant that it declares, or of what it logs, is inspected as this text; … stands
 *   for any text;
 * - `// throws ERR_CODE`: it throws, or rejects with, an error of that code.
 */
export function programOf(code: string): ExampleProgram {
  let expectations = 0;
  const lines = code.split('\n').map((line) => {
    const [, statement, expected] = /^(.*?);?\s*\/\/ → (.*)$/.exec(line) ?? [];
    const [, thrower, errorCode] = /^(.*?);?\s*\/\/ throws (\w+)$/.exec(line) ?? [];
    if (statement === undefined && thrower === undefined) return line;
    expectations++;
    if (thrower !== undefined) return `await $throws(async () => ${thrower.trim()}, '${errorCode}');`;
    const check = (value: string) => `$check(${value}, ${JSON.stringify(expected!.trim())});`;
    const [, constant] = /^\s*(?:const|let) (\w+) = /.exec(statement!) ?? [];
    if (constant !== undefined) return `${statement}; ${check(constant)}`;
    const [, logged] = /^\s*console\.log\((.*)\)$/.exec(statement!) ?? [];
    return check(logged ?? statement!.trim());
  });
  return { program: `${helpers}${lines.join('\n')}\nconsole.log($checked);\n`, expectations };
}

/** One program of all examples, for the compiler: their imports together, each in a function of its own. */
export function typesOf(examples: readonly Example[]): string {
  const imports = new Map<string, Set<string>>();
  const bodies = examples.map(({ code }) =>
    code.replace(/^import \{([^}]*)\} from '([^']+)';$/gm, (_, names: string, from: string) => {
      const known = imports.get(from) ?? new Set();
      imports.set(from, known);
      for (const name of names.split(',').map((one) => one.trim())) if (name) known.add(name);
      return '';
    }),
  );
  const head = [...imports].map(([from, names]) => `import { ${[...names].join(', ')} } from '${from}';`);
  return [...head, ...bodies.map((body) => `void (async () => {\n${body}\n});`)].join('\n');
}
