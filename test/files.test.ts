import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, open, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { BlasnetError } from '#blasnet/core/errors';
import {
  badFile,
  openForReading,
  readFileBytes,
  readFully,
  renameOver,
  requireWritable,
  writeFileAtomic,
} from '#blasnet/core/files';
import { isRunning } from '#blasnet/core/processes';

const folder = () => mkdtemp(join(tmpdir(), 'blasnet-files-'));

test('badFile names the place, what was expected and what came', (t) => {
  const cause = new Error('why');
  const error = badFile("'a.npz'", 'a zip', 'soup', cause);
  t.is(error.message, "Expected a zip in 'a.npz' but received soup");
  t.is(error.code, 'ERR_BAD_FILE');
  t.is(error.cause, cause);
});

test('badFile keeps short what a file may make long', (t) => {
  const { message } = badFile("'a.npz'", 'x'.repeat(1e6), 'y'.repeat(1e6));
  t.is(message, `Expected ${'x'.repeat(500)}… in 'a.npz' but received ${'y'.repeat(500)}…`);
});

test('writeFileAtomic writes text and bytes and leaves nothing else', async (t) => {
  const dir = await folder();
  await writeFileAtomic(join(dir, 'text'), 'ünï');
  await writeFileAtomic(join(dir, 'bytes'), Uint8Array.of(0, 255, 7));
  t.is(await readFile(join(dir, 'text'), 'utf8'), 'ünï');
  t.deepEqual([...(await readFile(join(dir, 'bytes')))], [0, 255, 7]);
  t.deepEqual((await readdir(dir)).sort(), ['bytes', 'text']);
});

test('writeFileAtomic replaces a longer file and keeps its mode', async (t) => {
  const path = join(await folder(), 'file');
  await writeFile(path, 'something long');
  await chmod(path, 0o640);
  await writeFileAtomic(path, 'short');
  t.is(await readFile(path, 'utf8'), 'short');
  t.is((await stat(path)).mode & 0o777, 0o640);
});

test('writeFileAtomic writes a relative path and a name of the greatest length', async (t) => {
  const dir = await folder();
  const name = 'n'.repeat(255);
  await writeFileAtomic(join(dir, name), 'x');
  t.is(await readFile(join(dir, name), 'utf8'), 'x');
});

test('writeFileAtomic changes the file behind a symbolic link', async (t) => {
  const dir = await folder();
  await writeFile(join(dir, 'real'), 'old');
  await symlink('real', join(dir, 'link'));
  await writeFileAtomic(join(dir, 'link'), 'new');
  t.is(await readFile(join(dir, 'real'), 'utf8'), 'new');
  t.deepEqual((await readdir(dir)).sort(), ['link', 'real']);
});

test('writeFileAtomic makes the folders on the way', async (t) => {
  const dir = await folder();
  await writeFileAtomic(join(dir, 'a', 'b', 'file'), 'x');
  t.is(await readFile(join(dir, 'a', 'b', 'file'), 'utf8'), 'x');
  t.deepEqual(await readdir(join(dir, 'a', 'b')), ['file']);
});

test('writeFileAtomic refuses a file where a folder should be', async (t) => {
  const dir = await folder();
  await writeFile(join(dir, 'plain'), 'kept');
  const path = join(dir, 'plain', 'file');
  const error = await t.throwsAsync(writeFileAtomic(path, 'x'), { instanceOf: BlasnetError, code: 'ERR_BAD_FILE' });
  t.is(error.message, `Expected a writable file at '${path}' but received ENOTDIR: not a directory`);
  t.true(error.cause instanceof Error);
  t.is(await readFile(join(dir, 'plain'), 'utf8'), 'kept');
});

test('writeFileAtomic refuses a folder as its target and leaves it as it was', async (t) => {
  const dir = await folder();
  await mkdir(join(dir, 'target'));
  await writeFile(join(dir, 'target', 'inside'), 'kept');
  await t.throwsAsync(writeFileAtomic(join(dir, 'target'), 'x'), {
    code: 'ERR_BAD_FILE',
    message: /target' but received a folder$/,
  });
  t.deepEqual(await readdir(dir), ['target']);
  t.is(await readFile(join(dir, 'target', 'inside'), 'utf8'), 'kept');
});

test('writeFileAtomic refuses a file in the place of a folder', async (t) => {
  const dir = await folder();
  await writeFile(join(dir, 'file'), 'kept');
  await t.throwsAsync(writeFileAtomic(join(dir, 'file', 'x'), 'x'), { code: 'ERR_BAD_FILE', message: /ENOTDIR/ });
  t.is(await readFile(join(dir, 'file'), 'utf8'), 'kept');
});

test('writeFileAtomic refuses a device', async (t) => {
  await t.throwsAsync(writeFileAtomic('/dev/null', 'x'), { code: 'ERR_BAD_FILE', message: /device/ });
  t.true((await stat('/dev/null')).isCharacterDevice());
});

test('writeFileAtomic that fails halfway keeps the old file and removes the new', async (t) => {
  const dir = await folder();
  const path = join(dir, 'file');
  await writeFile(path, 'old');
  // Neither text nor bytes: writing fails after the temporary file was made.
  const notData = 5 as unknown as string;
  await t.throwsAsync(writeFileAtomic(path, notData), { instanceOf: BlasnetError, code: 'ERR_BAD_FILE' });
  t.is(await readFile(path, 'utf8'), 'old');
  t.deepEqual(await readdir(dir), ['file']);
});

test.serial("writeFileAtomic needs no FileHandle.sync, which Yarn with Plug'n'Play has not", async (t) => {
  const path = join(await folder(), 'file');
  const handle = await open(join(path, '..'), 'r');
  const prototype = Object.getPrototypeOf(handle);
  const { sync } = prototype;
  await handle.close();
  t.teardown(() => {
    prototype.sync = sync;
  });
  prototype.sync = () => Promise.reject(new Error('Method not implemented.'));
  await writeFileAtomic(path, 'text');
  t.is(await readFile(path, 'utf8'), 'text');
});

test('many writers of one file leave one whole content', async (t) => {
  const dir = await folder();
  const path = join(dir, 'file');
  const contents = Array.from({ length: 20 }, (_, i) => String(i).repeat(10_000));
  await Promise.all(contents.map((content) => writeFileAtomic(path, content)));
  t.true(contents.includes(await readFile(path, 'utf8')));
  t.deepEqual(await readdir(dir), ['file']);
});

test('readFileBytes reads plain bytes that slice() copies', async (t) => {
  const path = join(await folder(), 'file');
  await writeFile(path, Uint8Array.of(1, 2, 3));
  const bytes = await readFileBytes(path, 'npz');
  t.deepEqual(bytes, Uint8Array.of(1, 2, 3));
  bytes.slice()[0] = 9;
  t.is(bytes[0], 1);
});

test('readFileBytes refuses a missing file and a folder', async (t) => {
  const dir = await folder();
  const path = join(dir, 'x.npz');
  await t.throwsAsync(readFileBytes(path, 'npz'), {
    instanceOf: BlasnetError,
    code: 'ERR_BAD_FILE',
    message: `Expected a readable npz file at '${path}' but received ENOENT: no such file or directory`,
  });
  await t.throwsAsync(readFileBytes(dir, 'IDX'), { code: 'ERR_BAD_FILE', message: /readable IDX file .* a folder$/ });
});

test('readFully fills its target from a position on, and refuses a file that ends before', async (t) => {
  const path = join(await folder(), 'file');
  await writeFile(path, Uint8Array.of(1, 2, 3, 4, 5));
  const file = await openForReading(path, 'npz');
  t.teardown(() => file.close());
  const target = new Uint8Array(3);
  await readFully(file, target, 1, 'it');
  t.deepEqual(target, Uint8Array.of(2, 3, 4));
  await t.throwsAsync(readFully(file, target, 3, 'it'), {
    instanceOf: BlasnetError,
    code: 'ERR_BAD_FILE',
    message: 'Expected as many bytes as it had when opened in it but received 5',
  });
});

test('requireWritable makes folders, leaves no file, and keeps the file that is there', async (t) => {
  const dir = await folder();
  await requireWritable(join(dir, 'a', 'b', 'model.safetensors'));
  t.deepEqual(await readdir(dir, { recursive: true }), ['a', 'a/b']);
  const path = join(dir, 'there');
  await writeFile(path, 'kept');
  await symlink('there', join(dir, 'link'));
  await requireWritable(path);
  await requireWritable(join(dir, 'link'));
  t.is(await readFile(path, 'utf8'), 'kept');
  t.deepEqual((await readdir(dir)).sort(), ['a', 'link', 'there']);
});

test('requireWritable refuses a path where no file can be written', async (t) => {
  const dir = await folder();
  await writeFile(join(dir, 'plain'), 'kept');
  const refused: readonly (readonly [path: string, reason: RegExp])[] = [
    [join(dir, 'plain', 'model'), /ENOTDIR/],
    [join(dir, 'plain', 'folder', 'model'), /ENOTDIR/],
    [dir, /received a folder$/],
    [`${dir}/new/`, /received the name of a folder$/],
    [join(dir, 'n'.repeat(300)), /ENAMETOOLONG/],
    ['/dev/null', /received a device$/],
    ['/proc/model.safetensors', /ENOENT|EACCES|EROFS/], // nobody may make a file there
    ['/proc/folder/model.safetensors', /ENOENT|EACCES|EROFS/],
  ];
  for (const [path, reason] of refused) {
    const error = await t.throwsAsync(requireWritable(path), { instanceOf: BlasnetError, code: 'ERR_BAD_FILE' }, path);
    t.true(error.message.startsWith(`Expected a writable file at '${path}' but received `), error.message);
    t.regex(error.message, reason);
  }
  t.deepEqual(await readdir(dir), ['plain']);
  await t.throwsAsync(requireWritable(''), { code: 'ERR_BAD_ARGUMENT' });
});

test('paths that are no text are a bad argument, and a name with a NUL a bad file', async (t) => {
  const notText = undefined as unknown as string;
  await t.throwsAsync(readFileBytes(notText, 'npz'), {
    code: 'ERR_BAD_ARGUMENT',
    message: /path but received undefined/,
  });
  await t.throwsAsync(writeFileAtomic('', 'x'), { code: 'ERR_BAD_ARGUMENT', message: /path but received ''/ });
  await t.throwsAsync(readFileBytes('a\0b', 'npz'), { instanceOf: BlasnetError, code: 'ERR_BAD_FILE' });
});

/** A rename that fails some times before it succeeds, and the number of its calls. */
function failing(times: number, code: string) {
  const calls = { count: 0 };
  const rename = async () => {
    calls.count++;
    if (calls.count <= times) throw Object.assign(new Error(`${code}: operation not permitted`), { code });
  };
  return { rename, calls };
}

test('renameOver tries again on Windows while another program has the file open', async (t) => {
  for (const code of ['EPERM', 'EACCES', 'EBUSY']) {
    const { rename, calls } = failing(2, code);
    await renameOver('a', 'b', { rename, platform: 'win32' });
    t.is(calls.count, 3);
  }
});

test('renameOver fails at once elsewhere, and for other reasons', async (t) => {
  for (const [code, platform] of [
    ['EPERM', 'linux'],
    ['ENOENT', 'win32'],
  ] as const) {
    const { rename, calls } = failing(2, code);
    await t.throwsAsync(renameOver('a', 'b', { rename, platform }), { code });
    t.is(calls.count, 1);
  }
});

test('renameOver gives up a file that stays open', async (t) => {
  const { rename } = failing(Number.POSITIVE_INFINITY, 'EBUSY');
  await t.throwsAsync(renameOver('a', 'b', { rename, platform: 'win32' }), { code: 'EBUSY' });
});

test('isRunning tells a process that runs from one that has ended', async (t) => {
  t.true(isRunning(process.pid));
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'close');
  t.false(isRunning(child.pid!));
});
