// Which files of the clone the published packages hold: places in the clone by places in the package.
import { filesUnder } from '../lib/files.mjs';
import { declarationsOf } from './declarations.mjs';

const asTheyAre = (paths) => Object.fromEntries(paths.map((path) => [path, path]));

/** What goes with the bundled library: types, the server's page, ONNX's schema, texts. */
export const blasnetFiles = (typeEntries) =>
  asTheyAre([
    ...declarationsOf(typeEntries),
    ...filesUnder('dist/serve/page', (path) => /\.(js|html|css|svg)$/.test(path)),
    ...filesUnder('third-party'),
    ...['README.md', 'CHANGELOG.md', 'LICENSE'],
  ]);

/** The native code, and the scripts that compile it where npm installs the package. */
export const sourceFiles = () => ({
  ...asTheyAre([
    ...filesUnder('native', (path) => /\.(cc|h)$/.test(path) && !path.startsWith('native/test/')),
    ...filesUnder('scripts/lib', (path) => path.endsWith('.mjs')),
    ...['install', 'system-packages', 'sources', 'blas', 'highway', 'build-mpi'].map((name) => `scripts/${name}.mjs`),
    ...['binding.gyp', 'CMakeLists.txt', 'LICENSE'],
  ]),
  'index.js': 'scripts/release/source/index.js',
  'index.d.ts': 'scripts/release/source/index.d.ts',
  'README.md': 'scripts/release/source/README.md',
});
