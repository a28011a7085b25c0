# Starts a program on a CPU without a system: takes it from the 32 bits in which a boot loader (multiboot) leaves it to 64
# bits, with the first gigabyte of memory at its own addresses and all vectors and tiles switched on, and calls Main.

.set FLAGS, 0x10000               # the header tells where the file belongs in memory

.section .boot, "ax"
.code32
.align 4
header:
  .long 0x1BADB002, FLAGS, -(0x1BADB002 + FLAGS)
  .long header, header, 0, end_of_program, start

.globl start
start:
  cli
  # Pages of 2 MiB, in three levels of tables that begin as zeros.
  movl $level3 + 3, level4
  movl $level2 + 3, level3
  xorl %ecx, %ecx
1:
  movl %ecx, %eax
  shll $21, %eax
  orl $0x83, %eax                 # present, writable, large
  movl %eax, level2(, %ecx, 8)
  incl %ecx
  cmpl $512, %ecx
  jne 1b
  movl $level4, %eax
  movl %eax, %cr3
  movl $0x40620, %eax             # PAE, OSFXSR, OSXMMEXCPT, OSXSAVE
  movl %eax, %cr4
  movl $0xC0000080, %ecx          # EFER
  rdmsr
  orl $0x100, %eax                # LME
  wrmsr
  movl $0x80000013, %eax          # PG, ET, MP, PE
  movl %eax, %cr0
  lgdt table
  ljmp $8, $long_mode

.code64
long_mode:
  xorl %eax, %eax
  movl %eax, %ds
  movl %eax, %es
  movl %eax, %ss
  xorl %ecx, %ecx
  xorl %edx, %edx
  movl $0x600E7, %eax             # XCR0: x87, SSE, AVX, AVX-512, tiles
  xsetbv
  movq $stack_end, %rsp
  call Main
2:
  hlt
  jmp 2b

.align 8
descriptors:
  .quad 0, 0x00209A0000000000     # code of 64 bits
table:
  .word 15
  .long descriptors

.section .bss
.align 4096
level4: .skip 4096
level3: .skip 4096
level2: .skip 4096
.skip 1 << 18
stack_end:

.section .note.GNU-stack, "", @progbits
