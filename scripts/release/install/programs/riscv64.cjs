// Loaded before a program, lets it take this machine for one without a package.
Object.defineProperty(process, 'arch', { value: 'riscv64' });
