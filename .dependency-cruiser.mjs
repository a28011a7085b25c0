// The rules of imports that `npm run lint` checks with dependency-cruiser.

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no-folder-cycles',
      comment: 'Folders of ts/ stand in an order: none imports, types included, what imports it through other folders.',
      scope: 'folder',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'facade-on-top',
      comment: 'What a net is made of does not know the class NeuralNet; but for the type of the net that callbacks get.',
      severity: 'error',
      from: { path: '^ts/[^/]+/', pathNot: '^ts/((cli|serve|onnx)/|callbacks/callback\\.ts$)' },
      to: { path: '^ts/(index|neural-net|load-model)\\.ts$' },
    },
  ],
  options: { parser: 'swc', tsPreCompilationDeps: true, doNotFollow: { path: 'node_modules' } },
};
