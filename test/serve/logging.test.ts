import test from 'ava';
import { startServer } from 'blasnet/serve';
import { fittingNet } from '../support/nets.js';
import { inputOf, post } from '../support/serving.js';

/** What is logged at a level while two requests are served, a good one and a bad one. */
async function linesAt(level: string): Promise<Record<string, unknown>[]> {
  const lines: Record<string, unknown>[] = [];
  const stream = { write: (line: string) => lines.push(JSON.parse(line)) };
  const net = fittingNet([2, 1]);
  const server = await startServer({ models: [{ name: 'm', net }], port: 0, logger: { level, stream } });
  await post(server.app, '/v2/models/m/infer', inputOf([1, 2, 3, 4], [2, 2]));
  await post(server.app, '/v2/models/m/infer', '{');
  await server.close();
  return lines;
}

test("level 'info' › one line for each request: model, rows, status, milliseconds", async (t) => {
  const lines = (await linesAt('info')).filter(({ msg }) => msg === 'inference');
  t.deepEqual(
    lines.map(({ model, rows, status }) => ({ model, rows, status })),
    [
      { model: 'm', rows: 2, status: 200 },
      { model: 'm', rows: 0, status: 400 },
    ],
  );
  for (const { ms, reqId } of lines) {
    t.true((ms as number) > 0);
    t.regex(reqId as string, /^req-/);
  }
});

test("level 'warn' › none", async (t) => {
  t.deepEqual(await linesAt('warn'), []);
});
