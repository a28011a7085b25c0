import { join } from 'node:path';
import test from 'ava';
import { startServer } from 'blasnet/serve';
import { badFile } from '../support/errors.js';
import { temporaryFolder } from '../support/files.js';
import { serving } from './workers-runs.js';

test('a file that cannot be loaded ends the start, and frees the port', async (t) => {
  const models = [{ name: 'm', file: join(await temporaryFolder(t), 'none.safetensors') }];
  const { server } = await serving(t);
  const { port } = new URL(server.url);
  await server.close();
  const start = { models, port: Number(port), workers: 2 };
  await t.throwsAsync(startServer(start), badFile(/none\.safetensors/));
  await t.throwsAsync(startServer(start), badFile(/none\.safetensors/));
});
