// Checks the tiles of AMX on an emulated CPU: Bochs starts a small program of the kernels' blocks without a system, which compares
// each product to the same on tiles that plain loops compute. Bochs 3.0 lacks what Linux needs to let programs use tiles. The
// tools are those of a Debian 13 (trixie) in a folder. Nothing outside the folder is changed, and nothing calls this script by
// itself.
// Usage: node scripts/emulate/amx.mjs                    prints how the folder is set up
//        node scripts/emulate/amx.mjs --folder DIR       as root: sets it up by debootstrap, unless that is done, and checks
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { parseArgs } from 'node:util';
import { main, run, ScriptError, say } from '../lib/run.mjs';

const mirror = 'http://deb.debian.org/debian';
const packages = ['bochs', 'bochsbios', 'vgabios', 'isolinux', 'syslinux-common', 'xorriso'];
/** Where the script writes its files, within the folder. */
const place = '/opt/amx';
const sources = 'scripts/emulate';

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

/** For a program without a C library, whose stack an interrupt may use: for any CPU with AVX-512, as kernels are compiled. */
const flags = [
  ...['-std=c++20', '-O1', '-march=skylake-avx512', '-ffp-contract=off', '-DHWY_COMPILE_ONLY_STATIC', '-Inative'],
  ...['-ffreestanding', '-fno-pic', '-mno-red-zone', '-fno-stack-protector', '-fno-asynchronous-unwind-tables'],
  ...['-fno-tree-loop-distribute-patterns', '-ffunction-sections', '-Wall', '-Wextra', '-Wno-unused-parameter'],
];

/** Compiles the program into a folder, as an image of the memory from its first megabyte on. */
function compile(to) {
  const [boot, tiles, program] = ['boot.o', 'tiles.o', 'program.elf'].map((name) => join(to, name));
  run('g++', ['-c', join(sources, 'boot.S'), '-o', boot]);
  run('g++', [...flags, '-c', join(sources, 'tiles.cc'), '-o', tiles]);
  const layout = ['-T', join(sources, 'program.ld'), '--gc-sections', '--no-warn-rwx-segments', '-e', 'start'];
  run('ld', ['-n', '-static', ...layout, boot, tiles, '-o', program]);
  run('objcopy', ['-O', 'binary', program, join(to, 'disk/program.bin')]);
}

const bootMenu = `DEFAULT tiles
LABEL tiles
  KERNEL mboot.c32
  APPEND program.bin
`;

const bochsSettings = `display_library: rfb, options="timeout=0"
cpu: model=sapphire_rapids, count=1, ips=100000000, reset_on_triple_fault=0
memory: guest=256, host=256
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
cp /usr/lib/ISOLINUX/isolinux.bin disk/
for name in ldlinux mboot libcom32; do cp /usr/lib/syslinux/modules/bios/$name.c32 disk/; done
xorriso -as mkisofs -quiet -o boot.iso -b isolinux.bin -c boot.cat -no-emul-boot -boot-load-size 4 -boot-info-table disk`;

await main(() => {
  const { folder } = parseArgs({ options: { folder: { type: 'string' } } }).values;
  if (folder === undefined) {
    for (const { what, words } of stepsFor('/srv/amx')) console.log(`${what}:\n  ${words.join(' ')}`);
    console.log('\nTo do so, as root, and to check the tiles: node scripts/emulate/amx.mjs --folder DIR');
    return;
  }
  if (process.getuid?.() !== 0) throw new ScriptError('expected root, since a folder with a system of its own is made');
  if (!isAbsolute(folder) || folder === '/') {
    throw new ScriptError(`expected an absolute path for --folder but received ${folder}`);
  }
  setUp(folder);
  const own = join(folder, place);
  rmSync(own, { recursive: true, force: true });
  mkdirSync(join(own, 'disk'), { recursive: true });
  compile(own);
  writeFileSync(join(own, 'disk/isolinux.cfg'), bootMenu);
  writeFileSync(join(own, 'bochsrc'), bochsSettings);
  runStep(within(folder, 'sh', '-ec', makeDisk));
  spawnSync('chroot', [folder, 'bochs', '-q', '-f', `${place}/bochsrc`], { stdio: 'ignore' });
  const serial = join(own, 'serial.txt');
  const printed = existsSync(serial) ? readFileSync(serial, 'latin1') : '';
  process.stdout.write(printed);
  if (!printed.endsWith('PASSED\n')) throw new ScriptError(`the tiles have failed; see also ${join(own, 'bochs.log')}`);
});
