import type { Command } from 'commander';

/** Adds `blasnet inspect`. */
export function addInspect(program: Command): void {
  const command = program
    .command('inspect')
    .description('show the contents of a model file')
    .argument('<model>', 'a model of blasnet, any other safetensors file, or an ONNX model')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ blasnet inspect model.safetensors
  $ blasnet inspect lenet.onnx --json | jq .layers`,
    );
  command.action(async (model: string, flags: { readonly json?: true }) => {
    const { runInspect } = await import('../inspect/run.js');
    await runInspect(model, flags);
  });
}
