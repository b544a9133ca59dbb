/**
 * Postfix as a peer of tests: `peer.mjs SERVICES.json`, the options of startPostfix(). Prints one JSON object a line:
 * { ports } once it answers, then { message } (base64) for each message stored. Ends when its standard input does.
 */
import { readFileSync } from 'node:fs';
import { startPostfix } from './server.mjs';

const print = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

const postfix = await startPostfix(JSON.parse(readFileSync(process.argv[2], 'utf8')));
print({ ports: postfix.ports });
const endWatch = postfix.onMessage((content) => print({ message: content.toString('base64') }));
process.stdin.resume().once('end', async () => {
  endWatch();
  await postfix.stop();
});
