import { SchannelError } from '../../../base/errors/schannel-error.js';
import { printable } from '../../../base/text/printable.js';
import type { ConnectionFacts } from '../passage.js';
import type { StunnelNotice } from './plan.js';

/** What a program that runs tunnels has to say. */
export type Said =
  /** The file was read. */
  | { readonly event: 'configured'; readonly notices: readonly StunnelNotice[] }
  /** The file can't be used, or not any more. */
  | { readonly event: 'misconfigured'; readonly error: Error }
  | { readonly event: 'listening'; readonly tunnel: string; readonly accept: string }
  /** One address can't be listened on. */
  | { readonly event: 'unbound'; readonly tunnel: string; readonly error: Error }
  /** No address of a service can be listened on. */
  | { readonly event: 'unusable'; readonly tunnel: string }
  /** All tunnels listen. */
  | { readonly event: 'accepting' }
  | { readonly event: 'status'; readonly address: string }
  | {
      readonly event: 'connection' | 'connected' | 'secure' | 'open';
      readonly connection: ConnectionFacts;
    }
  | {
      readonly event: 'close' | 'refused';
      readonly connection: ConnectionFacts;
      readonly error: Error | null;
    }
  | { readonly event: 'certificate'; readonly tunnel: string; readonly subject: string }
  | { readonly event: 'warning'; readonly tunnel: string; readonly error: Error }
  | { readonly event: 'ended' };

/** A line as stunnel writes it, but for the time. */
export interface LogLine {
  /** As in syslog: 3 for errors, 4 for warnings, 5 for what is worth a notice, 6 for information. */
  readonly level: 3 | 4 | 5 | 6;
  readonly text: string;
}

/**
 * What stunnel would write. Programs that watch a log of stunnel look for these words, so they stay as they are there.
 * Everything that came from outside is printable.
 */
export function linesOf(said: Said): readonly LogLine[] {
  switch (said.event) {
    case 'configured':
      return [...said.notices.map(noticeLine), line(5, 'Configuration successful')];
    case 'misconfigured':
      return [line(3, said.error.message), ...advice(said.error), line(3, 'Configuration failed')];
    case 'listening':
      return [line(6, `${service(said.tunnel)} bound to ${said.accept}`)];
    case 'unbound':
      return [line(5, `Binding service [${said.tunnel}]: ${said.error.message}`)];
    case 'unusable':
      return [line(3, `Binding service [${said.tunnel}] failed`)];
    case 'accepting':
      return [line(6, 'Accepting new connections')];
    case 'status':
      return [line(5, `Status and metrics on ${said.address}`)];
    case 'connection':
      return [line(5, `${service(said.connection.tunnel)} accepted connection from ${said.connection.from}`)];
    case 'connected':
      return connected(said.connection);
    case 'secure':
      return secured(said.connection);
    case 'open':
      return [];
    case 'close':
      return [
        ...(said.error === null ? [] : [line(3, said.error.message)]),
        ended(said.connection, said.error),
      ];
    case 'refused':
      return [...refused(said.connection, said.error), ended(said.connection, said.error)];
    case 'certificate':
      return [line(5, `${service(said.tunnel)} shows another certificate: ${said.subject}`)];
    case 'warning':
      return [
        line(4, said.tunnel === '' ? said.error.message : `${service(said.tunnel)}: ${said.error.message}`),
      ];
    case 'ended':
      return [line(5, 'Terminated')];
  }
}

/**
 * A line with its time and what it is about.
 * @param about number of the connection; 'ui' for the program
 */
export function logText({ level, text }: LogLine, about: string, now: Date): string {
  const [year, month, day, hour, minute, second] = [
    now.getFullYear(),
    now.getMonth() + 1,
    now.getDate(),
    now.getHours(),
    now.getMinutes(),
    now.getSeconds(),
  ].map((part) => String(part).padStart(2, '0'));
  return `${year}.${month}.${day} ${hour}:${minute}:${second} LOG${level}[${about}]: ${text}`;
}

const line = (level: LogLine['level'], text: string): LogLine => ({ level, text: printable(text) });

const service = (name: string): string => `Service [${name}]`;

const noticeLine = ({ level, text }: StunnelNotice): LogLine => line(level === 'warning' ? 4 : 5, text);

const advice = (error: Error): LogLine[] =>
  error instanceof SchannelError && error.advice !== undefined ? [line(3, error.advice)] : [];

function connected({ tunnel, target, source, redirected }: ConnectionFacts): readonly LogLine[] {
  return [
    ...(redirected ? [REDIRECTING] : []),
    line(5, `s_connect: connected ${target ?? ''}`),
    line(5, `${service(tunnel)} connected remote server from ${source ?? ''}`),
  ];
}

const REDIRECTING = line(5, 'Redirecting connection');

/** Clients have a target before TLS, and servers after it. */
const isServer = ({ target }: ConnectionFacts): boolean => target === null;

function secured(connection: ConnectionFacts): readonly LogLine[] {
  const { tls } = connection;
  if (tls === null) return [];
  return [
    ...(tls.servername !== null && isServer(connection)
      ? [line(6, `SNI: requested servername: ${tls.servername}`)]
      : []),
    ...(tls.subject !== null && tls.verified
      ? [line(6, `Certificate accepted at depth=0: ${tls.subject}`)]
      : []),
    ...(tls.subject === null ? [line(6, 'No peer certificate received')] : []),
    line(
      6,
      `TLS ${isServer(connection) ? 'accepted' : 'connected'}: ${tls.resumed ? 'previous session reused' : 'new session negotiated'}`,
    ),
    line(6, `${tls.protocol ?? ''} ciphersuite: ${tls.cipher ?? ''}`),
  ];
}

function ended({ bytesToTls, bytesFromTls }: ConnectionFacts, error: Error | null): LogLine {
  const how = error === null ? 'closed' : 'reset';
  return line(
    5,
    `Connection ${how}: ${bytesToTls} byte(s) sent to TLS, ${bytesFromTls} byte(s) sent to socket`,
  );
}

function refused(connection: ConnectionFacts, error: Error | null): readonly LogLine[] {
  if (error === null) return [];
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ERR_SCHANNEL_TUNNEL_LIMIT') return [line(4, `Connection rejected: ${error.message}`)];
  if (code === 'ERR_SCHANNEL_TUNNEL_CONNECT') {
    return [
      ...(connection.redirected ? [REDIRECTING] : []),
      line(3, `s_connect: ${error.message}`),
      line(3, 'No more addresses to connect'),
    ];
  }
  // A server whose target is reached, and a client whose TLS is there, have something else to say.
  if (connection.tls !== null && code !== 'ERR_SCHANNEL_TUNNEL_NOT_ALLOWED') return [line(3, error.message)];
  const call = isServer(connection) ? 'SSL_accept' : 'SSL_connect';
  return [line(3, `${call}: ${reason(connection, error)}`)];
}

/** A failed handshake in the words of OpenSSL, and then in ours. */
function reason({ tls }: ConnectionFacts, error: Error): string {
  const { alert, phase } = error instanceof SchannelError ? error : {};
  if (alert?.direction === 'received') return `alert ${alert.name.replaceAll('_', ' ')}: ${error.message}`;
  if (
    alert?.name === 'certificate_required' ||
    (phase === 'verify' && tls !== null && tls.subject === null)
  ) {
    return `peer did not return a certificate: ${error.message}`;
  }
  return phase === 'verify' ? `certificate verify failed: ${error.message}` : error.message;
}
