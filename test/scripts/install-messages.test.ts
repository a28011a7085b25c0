import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import test from 'ava';

interface Module {
  isClone(): boolean;
  missingMessage(missing: {
    readonly titles: readonly string[];
    readonly command: readonly string[] | null;
    readonly clone: boolean;
  }): string;
  cloneMessage(install: {
    readonly clone: boolean;
    readonly isCompiled: boolean;
    readonly npmCommand: string | undefined;
  }): { readonly text: string; readonly ends: boolean } | undefined;
  mendCommand(clone: boolean): string;
  headersMessage(line: string, version?: string): string | undefined;
}

const { isClone, missingMessage, cloneMessage, mendCommand, headersMessage } = (await import(
  pathToFileURL(resolve('scripts/lib/install-messages.mjs')).href
)) as Module;

const missing = { titles: ['make', 'OpenBLAS'], command: ['apt-get', 'install', 'make'] };

test('what is missing is named, with what to run next in a clone and out of one', (t) => {
  t.true(isClone());
  t.is(
    missingMessage({ ...missing, clone: false }),
    'to compile the addon, there is missing: make, OpenBLAS.\n' +
      'Install with\n  apt-get install make\nand then run npx blasnet build',
  );
  t.regex(missingMessage({ ...missing, clone: true }), /and then run npm run setup$/);
  t.regex(
    missingMessage({ ...missing, command: null, clone: true }),
    /Install with\n {2}this system's package manager/,
  );
  t.deepEqual([mendCommand(true), mendCommand(false)], ['npm run setup', 'npx blasnet build']);
});

test('headers of Node.js that node-gyp cannot fetch: the message names the variable that tells where they are', (t) => {
  t.is(headersMessage('gyp info using node@20.20.2 | linux | x64'), undefined);
  const message = headersMessage('gyp WARN install got an error, rolling back install', 'v20.20.2')!;
  t.regex(message, /^the headers of Node\.js v20\.20\.2 .*nodejs\.org/);
  t.regex(message, /export npm_config_nodedir=/);
});

test('a clone that is not set up is told to be, by npx before anything is compiled', (t) => {
  const asked = { clone: true, isCompiled: false, npmCommand: 'exec' };
  t.like(cloneMessage(asked), { ends: true });
  t.regex(cloneMessage(asked)!.text, /run npm run setup first/);
  t.like(cloneMessage({ ...asked, npmCommand: 'install' }), { ends: false });
  t.regex(cloneMessage({ ...asked, npmCommand: 'install' })!.text, /run npm run setup/);
  t.is(cloneMessage({ ...asked, isCompiled: true }), undefined);
  t.is(cloneMessage({ ...asked, clone: false }), undefined);
});
