import * as tls from 'node:tls';

/**
 * @typedef {object} Contestant
 * @property {'ours' | 'node'} name
 * @property {typeof tls.connect} connect
 * @property {typeof tls.createSecureContext} createSecureContext
 */

export const contestantNames = ['raw', 'ours', 'node', 'stunnel', 'sslscan'];

/** Their names in the tables. */
export const titles = {
  raw: 'raw SSPI',
  ours: 'schannel',
  node: 'node:tls',
  stunnel: 'stunnel',
  sslscan: 'sslscan',
};

/**
 * The TLS clients among `names`. All of them are driven by the same calls.
 *
 * @param {readonly string[]} names
 * @returns {Promise<Contestant[]>}
 */
export async function loadClients(names) {
  const clients = [];
  for (const name of names) {
    if (name === 'node')
      clients.push({ name, connect: tls.connect, createSecureContext: tls.createSecureContext });
    if (name === 'ours') {
      const { connect, createSecureContext } = await import('schannel');
      clients.push({ name, connect, createSecureContext });
    }
  }
  return clients;
}

/**
 * The TLS servers among `names`.
 *
 * @param {readonly string[]} names
 * @returns {Promise<{ name: string, createServer: typeof tls.createServer }[]>}
 */
export async function loadServers(names) {
  const servers = [];
  for (const name of names) {
    if (name === 'node') servers.push({ name, createServer: tls.createServer });
    if (name === 'ours') servers.push({ name, createServer: (await import('schannel')).createServer });
  }
  return servers;
}

/**
 * The web servers among `names`.
 *
 * @param {readonly string[]} names
 * @param {'https' | 'http2'} group
 */
export async function loadWebServers(names, group) {
  const creator = group === 'https' ? 'createServer' : 'createSecureServer';
  const servers = [];
  for (const name of names) {
    if (name === 'node' || name === 'ours') {
      const library = await import(name === 'node' ? `node:${group}` : `schannel/${group}`);
      servers.push({ name, createServer: library[creator] });
    }
  }
  return servers;
}

/** The version and the suite on which raw SSPI, the library and node:tls are compared. */
export const protocol = {
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.2',
  ciphers: 'ECDHE-RSA-AES256-GCM-SHA384',
};

/**
 * Fails unless `socket` uses the version and suite of {@link protocol}: otherwise different ciphers would be compared.
 *
 * @param {tls.TLSSocket} socket
 */
export function assertProtocol(socket) {
  const version = socket.getProtocol();
  const { name } = socket.getCipher();
  if (version !== protocol.maxVersion || name !== protocol.ciphers) {
    throw new Error(
      `expected ${protocol.maxVersion} with ${protocol.ciphers}, negotiated ${version} with ${name}`,
    );
  }
}
