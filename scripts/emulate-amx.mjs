// Runs native tests on an emulated CPU with AMX: Bochs boots Debian's Linux, whose only process the tests are. The tools are
// those of a Debian 13 (trixie) in a folder. Nothing outside the folder is changed, and nothing calls this script by itself.
// Usage: node scripts/emulate-amx.mjs                    prints how the folder is set up
//        node scripts/emulate-amx.mjs --folder DIR [--tests PATTERNS] [--quick] [--program FILE]
//   --folder   as root: sets the folder up by debootstrap, unless that is done; builds the tests, and runs them
//   --tests    names of test cases, as doctest's -tc takes them: '*' stands for any text, ',' separates names, '?' a space
//   --quick    takes a part of long sweeps, as `npm test` does
//   --program  another build of the native tests than that of `node scripts/cmake.mjs native_tests`
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { buildTarget } from './cmake.mjs';
import { main, run, ScriptError, say } from './lib/run.mjs';

const mirror = 'http://deb.debian.org/debian';
const packages = ['bochs', 'bochsbios', 'vgabios', 'isolinux', 'syslinux-common', 'xorriso', 'cpio'];
/** What the script writes, within the folder. */
const place = '/opt/amx';
const defaultTests = '*bfloat16*,*tiles*,quantized_product*';

/** Linux is unpacked rather than installed, which would make a file for booting this very machine. */
const unpackLinux = `mkdir -p ${place}/linux && cd ${place}/linux
name=$(apt-cache depends --important linux-image-amd64 | sed -n 's/.*Depends: //p' | head -n 1)
apt-get -o APT::Sandbox::User=root download "$name" && dpkg -x ./*.deb . && rm ./*.deb`;

/** The steps, each with a file that tells that it has been done. */
const stepsFor = (folder) => [
  {
    what: 'a minimal Debian 13',
    made: 'usr/bin/apt-get',
    words: ['debootstrap', '--variant=minbase', 'trixie', folder, mirror],
  },
  {
    what: 'Bochs, and what makes a disk that boots',
    made: 'usr/bin/bochs',
    words: within(folder, 'apt-get', 'install', '-y', '--no-install-recommends', ...packages),
  },
  { what: 'Linux', made: join(place, 'linux/boot'), words: within(folder, 'sh', '-ec', unpackLinux) },
];

function within(folder, ...words) {
  return ['chroot', folder, 'env', 'DEBIAN_FRONTEND=noninteractive', 'LC_ALL=C', ...words];
}

function runStep([command, ...words]) {
  const { status, error } = spawnSync(command, words, { stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new ScriptError(`${command} ${error ? error.message : `ended with ${status}`}`);
}

function setUp(folder) {
  for (const { what, made, words } of stepsFor(folder)) {
    if (existsSync(join(folder, made))) continue;
    say(`${what} …`);
    runStep(words);
  }
}

/** The program and the libraries that it loads, at their own places in a file system that Linux unpacks into memory. */
function layOut(program, root) {
  rmSync(root, { recursive: true, force: true });
  mkdirSync(join(root, 'dev'), { recursive: true });
  run('mknod', [join(root, 'dev/console'), 'c', '5', '1']);
  cpSync(program, join(root, 'tests'));
  for (const [path] of run('ldd', [program]).matchAll(/\/\S+(?= \(0x)/g)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    cpSync(path, join(root, path), { dereference: true });
  }
}

/** Words of Linux's command line; those behind `--` are arguments of the tests, and `NAME=value` is their environment. */
function commandLine(tests, isQuick) {
  const linux = ['console=ttyS0', 'quiet', 'nokaslr', 'mitigations=off', 'rdinit=/tests'];
  const environment = ['BLASNET_TEST_TILES=1', ...(isQuick ? ['BLASNET_TESTS=quick'] : [])];
  return [...linux, ...environment, '--', `-tc=${tests}`].join(' ');
}

const bootMenu = (words) => `DEFAULT tests
LABEL tests
  KERNEL vmlinuz
  APPEND initrd=tests.gz ${words}
`;

const bochsSettings = `display_library: rfb, options="timeout=0"
cpu: model=sapphire_rapids, count=1, ips=100000000, reset_on_triple_fault=0
memory: guest=1024, host=1024
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
ata0-master: type=cdrom, path=${place}/boot.iso, status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev=${place}/serial.txt
log: ${place}/bochs.log
panic: action=fatal
clock: sync=none
sound: driver=dummy
`;

const makeDisk = `cd ${place}
(cd root && find . | cpio -o -H newc --quiet) | gzip -1 > disk/tests.gz
cp linux/boot/vmlinuz-* disk/vmlinuz
cp /usr/lib/ISOLINUX/isolinux.bin /usr/lib/syslinux/modules/bios/ldlinux.c32 disk/
xorriso -as mkisofs -quiet -o boot.iso -b isolinux.bin -c boot.cat -no-emul-boot -boot-load-size 4 -boot-info-table disk`;

/** Boots, and prints what comes over the serial line. Returns the tests' exit code, with which Linux halts. */
async function boot(folder) {
  const serial = join(folder, place, 'serial.txt');
  rmSync(serial, { force: true });
  const words = ['chroot', folder, 'bochs', '-q', '-f', `${place}/bochsrc`];
  const bochs = spawn(words[0], words.slice(1), { stdio: 'ignore' });
  let ended = false;
  bochs.on('exit', () => {
    ended = true;
  });
  let printed = 0;
  try {
    while (true) {
      const text = existsSync(serial) ? readFileSync(serial, 'latin1') : '';
      process.stdout.write(text.slice(printed));
      printed = text.length;
      const code = text.match(/Attempted to kill init! exitcode=0x([0-9a-f]+)/)?.[1];
      if (code !== undefined) return Number.parseInt(code, 16);
      if (ended) throw new ScriptError(`Bochs has ended; see ${join(folder, place, 'bochs.log')}`);
      await sleep(500);
    }
  } finally {
    bochs.kill();
  }
}

await main(async () => {
  const { values } = parseArgs({
    options: {
      folder: { type: 'string' },
      tests: { type: 'string', default: defaultTests },
      quick: { type: 'boolean', default: false },
      program: { type: 'string' },
    },
  });
  const { folder, tests, quick } = values;
  if (folder === undefined) {
    for (const { what, words } of stepsFor('/srv/amx')) console.log(`${what}:\n  ${words.join(' ')}`);
    console.log('\nTo do so, as root, and to run the tests: node scripts/emulate-amx.mjs --folder DIR');
    return;
  }
  if (process.getuid?.() !== 0) throw new ScriptError('expected root, since a folder with a system of its own is made');
  if (!isAbsolute(folder) || folder === '/') {
    throw new ScriptError(`expected an absolute path for --folder but received ${folder}`);
  }
  setUp(folder);
  const program = values.program ?? (await buildTarget('native_tests'));
  const own = join(folder, place);
  layOut(program, join(own, 'root'));
  mkdirSync(join(own, 'disk'), { recursive: true });
  writeFileSync(join(own, 'disk/isolinux.cfg'), bootMenu(commandLine(tests, quick)));
  writeFileSync(join(own, 'bochsrc'), bochsSettings);
  runStep(within(folder, 'sh', '-ec', makeDisk));
  say('booting, which takes some minutes …');
  const code = await boot(folder);
  if (code !== 0)
    throw new ScriptError(`the tests ended with ${code >> 8}${code & 127 ? `, killed by signal ${code & 127}` : ''}`);
  say('the tests have passed under Bochs');
});
