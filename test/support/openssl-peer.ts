import { startPeer } from './peers.js';

/**
 * What an OpenSSL beside this node answers on its standard output.
 *
 * @param files by name; an argument `{file:NAME}` becomes the path
 * @param input for its standard input
 * @throws Error with its complaint when it fails
 */
export async function openssl(
  args: readonly string[],
  files: Readonly<Record<string, string>> = {},
  input: Uint8Array = Buffer.alloc(0),
): Promise<Buffer> {
  const peer = await startPeer('openssl', args, { files });
  const chunks: Buffer[] = [];
  peer.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise((resolve) => peer.stdout.once('end', resolve));
  peer.stdin.end(input);
  const { code } = await peer.exited;
  await ended;
  if (code !== 0) throw new Error(`openssl ${args.join(' ')}: ${peer.output()}`);
  return Buffer.concat(chunks);
}
