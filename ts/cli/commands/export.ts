import type { Command } from 'commander';

/** `blasnet export`. */
export function addExport(program: Command): void {
  const command = program
    .command('export')
    .description('convert a model to another format')
    .argument('<model>', 'a model: .safetensors or .onnx')
    .argument('<out>', 'what to write: .safetensors, .onnx, or with --npz a folder')
    .option('--npz', 'write the weights as npz files, one a layer')
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
