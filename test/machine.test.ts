import test from 'ava';
import { versions } from 'blasnet';
import { describeMachine, describeRules } from '#blasnet/runtime/machine';
import { type NativeMachine, native } from '#blasnet/runtime/native';

const zen2: NativeMachine = {
  l1Bytes: 32 * 1024,
  l2Bytes: 512 * 1024,
  l3Bytes: 16 * 2 ** 20,
  l2SharedBy: 2,
  l3SharedBy: 8,
  vectorBits: 256,
  avx512Bf16: false,
  vnni: false,
  amxBf16: false,
  amxInt8: false,
  cpus: 16,
  cores: 8,
  numaNodes: 1,
  nearBytes: 256 * 1024,
  partRows: 64,
  largeFactor: 2 ** 16,
  cachedMatrix: 512 * 1024,
  tileProduct: 2 ** 21,
};

test('describeMachine › cores, caches and vectors', (t) => {
  t.is(
    describeMachine(zen2),
    '8 cores with 16 CPUs, L1 32 KiB, L2 512 KiB shared by 2 CPUs, L3 16 MiB shared by 8 CPUs, vectors of 256 bits',
  );
});

test('describeMachine › instructions and NUMA nodes that there are, and caches that the system hides', (t) => {
  const machine = { ...zen2, cores: 1, cpus: 1, numaNodes: 2, l1Bytes: 0, l2SharedBy: 0, l2Bytes: 1.25 * 2 ** 20 };
  t.is(
    describeMachine({
      ...machine,
      l3Bytes: 0,
      l3SharedBy: 0,
      avx512Bf16: true,
      vnni: true,
      amxBf16: true,
      amxInt8: true,
    }),
    '1 core with 1 CPU, 2 NUMA nodes, L1 unknown, L2 1.3 MiB, L3 unknown, vectors of 256 bits, AVX512-BF16, VNNI, AMX-BF16, AMX-INT8',
  );
});

test('describeRules › sizes in one line', (t) => {
  t.is(
    describeRules(zen2),
    'left factors up to 256 KiB in one piece, larger ones by 64 rows; few rows times up to 256 KiB by own kernels; ' +
      'one row times up to 512 KiB by columns; tiles from 2097152 multiplications on',
  );
});

test('versions › tells the machine and the sizes that C++ chose', (t) => {
  t.is(versions.machine, describeMachine(native.machine));
  t.is(versions.rules, describeRules(native.machine));
  t.is(native.machine.cores, versions.physicalCores);
  t.true([128, 256, 512].includes(native.machine.vectorBits));
  t.is(native.sizes.largeProduct, 2 * native.machine.tileProduct);
  t.is(native.sizes.panelDepth, 256);
});
