// Serves the net that use.mjs saved, and asks it for sin 1. Prints one line of JSON.
import { startServer } from 'blasnet/serve';

const server = await startServer({ models: [{ name: 'sine', file: 'sine.safetensors' }], port: 0 });
const body = JSON.stringify({ inputs: [{ name: 'input', shape: [1, 1], datatype: 'FP64', data: [1] }] });
const response = await fetch(new URL('/v2/models/sine/infer', server.url), {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body,
});
const answer = await response.json();
await server.close();
if (response.status !== 200) throw new Error(`status ${response.status}: ${JSON.stringify(answer)}`);
console.log(JSON.stringify({ predicted: answer.outputs[0].data }));
