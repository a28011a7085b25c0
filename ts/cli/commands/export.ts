import type { Command } from 'commander';

/** Adds `blasnet export`. */
export function addExport(program: Command): void {
  const command = program
    .command('export')
    .description('convert a model to another format')
    .argument('<model>', 'a model: .safetensors or .onnx')
    .argument('<out>', 'the file to write: .safetensors or .onnx; with --npz a folder')
    .option('--npz', 'write the weights as npz files, one for each layer')
    .addHelpText(
      'after',
      `
Examples:
  $ blasnet export model.safetensors model.onnx
  $ blasnet export lenet.onnx lenet.safetensors
  $ blasnet export model.safetensors weights --npz`,
    );
  command.action(async (model: string, out: string, flags: { readonly npz?: true }) => {
    const { runExport } = await import('../export.js');
    await runExport(model, out, flags);
  });
}
