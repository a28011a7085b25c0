// A run that nobody waits for keeps the process alive until it is done.
import { setUp } from './common.mjs';

const { net, reader } = setUp({ maxEpoch: 40 });
process.on('exit', () => console.log('exit'));
void net.train(reader).then(({ iterations }) => console.log(`iterations ${iterations}`));
console.log('end of the script');
