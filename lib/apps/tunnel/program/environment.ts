import { printable } from '../../../base/text/printable.js';
import type { Peer } from '../allow.js';

/** Whose connection a program gets. */
export interface ProgramClient {
  readonly address: string | undefined;
  readonly port: number | undefined;
  /** Null before TLS. */
  readonly peer: Peer | null;
}

/** More of a name would not fit into an environment with many of them. */
const LONGEST_NAME = 4096;

/** Variables whose values come only from here. */
const ABOUT_CLIENTS = ['REMOTE_HOST', 'REMOTE_PORT', 'SSL_CLIENT_DN', 'SSL_CLIENT_I_DN'];

/** Secrets of the tunnel itself. */
const SECRETS = ['SCHANNEL_PASSWORD', 'SCHANNEL_PROXY_PASSWORD'];

/**
 * The environment of a program: that of this process without its secrets, what the options add, and the variables that
 * stunnel sets. The names of a certificate are there only if it was verified, because anybody can write the others.
 */
export function environmentOf(
  inherited: NodeJS.ProcessEnv,
  own: Readonly<Record<string, string>>,
  { address, port, peer }: ProgramClient,
): Record<string, string> {
  const certificate = peer?.isVerified === true ? peer.certificate : null;
  const about: Readonly<Record<string, string | undefined>> = {
    REMOTE_HOST: address,
    REMOTE_PORT: port?.toString(),
    SSL_CLIENT_DN: certificate?.subject,
    SSL_CLIENT_I_DN: certificate?.issuer,
  };
  // Windows tells no case apart, so that another spelling would be the same variable.
  const without = (names: readonly string[], variables: NodeJS.ProcessEnv): [string, string | undefined][] =>
    Object.entries(variables).filter(([name]) => !names.includes(name.toUpperCase()));
  const taken = Object.keys(own).map((name) => name.toUpperCase());
  const all = [
    ...without([...SECRETS, ...ABOUT_CLIENTS, ...taken], inherited),
    ...without(ABOUT_CLIENTS, own),
    ...Object.entries(about).map(([name, value]): [string, string | undefined] => [
      name,
      value === undefined ? undefined : printable(value, LONGEST_NAME),
    ]),
  ];
  return Object.fromEntries(all.filter((entry): entry is [string, string] => entry[1] !== undefined));
}
