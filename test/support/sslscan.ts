import { startPeer } from './peers.js';

/** What sslscan finds at a server, by the names of versions that Node uses. */
export interface Scan {
  /** Versions that are enabled. */
  readonly versions: readonly string[];
  /** Numbers of suites by version, in the order of its report. */
  readonly suites: Readonly<Record<string, readonly number[]>>;
  /** Numbers of groups by version; it tests TLS 1.2 and 1.3. */
  readonly groups: Readonly<Record<string, readonly number[]>>;
  /** Its whole report. */
  readonly xml: string;
}

/**
 * Scans a server on this machine. sslscan leaves out what isn't answered in time, so it has much time.
 *
 * @param args more of its options
 */
export async function sslscan(port: number, ...args: readonly string[]): Promise<Scan> {
  const options = [...args, '--xml=-', '--timeout=60', '--sni-name=localhost'];
  const peer = await startPeer('sslscan', [...options, `127.0.0.1:${port}`]);
  const { code } = await peer.exited;
  const xml = peer.output();
  if (code !== 0 || !xml.includes('</ssltest>')) throw new Error(`sslscan failed: ${xml}`);
  const enabled = xml.matchAll(/<protocol type="(\w+)" version="([\d.]+)" enabled="1"/g);
  return {
    versions: [...enabled].map(([, type, number]) => nameOf(`${type === 'tls' ? 'TLS' : 'SSL'}v${number}`)),
    suites: numbersByVersion(xml, 'cipher'),
    groups: numbersByVersion(xml, 'group'),
    xml,
  };
}

const nameOf = (version: string): string => (version === 'TLSv1.0' ? 'TLSv1' : version);

function numbersByVersion(xml: string, element: string): Record<string, readonly number[]> {
  const found: Record<string, number[]> = {};
  const elements = xml.matchAll(new RegExp(`<${element} [^>]*sslversion="(\\S+)"[^>]* id="(0x\\w+)"`, 'g'));
  for (const [, version = '', id = ''] of elements) (found[nameOf(version)] ??= []).push(Number(id));
  return found;
}
