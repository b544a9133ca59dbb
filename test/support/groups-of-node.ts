import tls from 'node:tls';

/**
 * Which of these groups the OpenSSL of this node agrees on with a server of TLS 1.3: one handshake each. Those that it
 * does not have are not among them.
 */
export async function groupsOfNode(
  names: readonly string[],
  options: tls.ConnectionOptions,
): Promise<string[]> {
  const found = await Promise.all(names.map((name) => agrees({ ...options, ecdhCurve: name })));
  return names.filter((_, index) => found[index]);
}

function agrees(options: tls.ConnectionOptions): Promise<boolean> {
  let client: tls.TLSSocket;
  try {
    client = tls.connect({ ...options, minVersion: 'TLSv1.3' });
  } catch {
    return Promise.resolve(false);
  }
  return new Promise((resolve) => {
    client.once('secureConnect', () => resolve(true)).once('error', () => resolve(false));
    client.once('secureConnect', () => client.destroy());
  });
}
