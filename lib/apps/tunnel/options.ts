import type { ProxyStep } from '../../adapters/proxy/index.js';
import type {
  ServerProtocolName,
  StartTlsOptions,
  StartTlsProtocolName,
} from '../../adapters/starttls/index.js';
import type { CertificateContents } from '../../formats/x509/certificate-contents.js';
import type { ConnectionOptions } from '../../tls/connect.js';
import type { SecureContextOptions } from '../../tls/secure-context/secure-context.js';
import type { ServerOptions } from '../../tls/server/server-options.js';

/**
 * Where one end of a tunnel is: a port, 'host:port', '[address]:port', a named pipe ('\\\\.\\pipe\\name') or the path
 * of a Unix socket, or one of these as an object.
 */
export type Endpoint =
  number | string | { readonly host?: string | undefined; readonly port: number } | { readonly path: string };

/** A program as the target of a tunnel. It is started for each connection, which is its standard input and output. */
export interface ProgramEndpoint {
  /** The complete path of an executable file. No shell is involved. */
  readonly program: string;
  /** Default none. */
  readonly args?: readonly string[] | undefined;
  /** What it is told as its own name. Default its path. */
  readonly argv0?: string | undefined;
  /**
   * Variables beside those of this process. REMOTE_HOST, REMOTE_PORT, SSL_CLIENT_DN and SSL_CLIENT_I_DN are always
   * those of the connection; the last two are there if a certificate was verified.
   */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** A certificate matches if it has everything that is named here. A list means any of its members. */
export interface AllowRule {
  /** The subject's common name, in the same case. */
  readonly commonName?: string | readonly string[] | undefined;
  /** One of the subject's organizational units. */
  readonly organizationalUnit?: string | readonly string[] | undefined;
  /** A DNS name among the alternative names; `*` stands for a part without a dot. */
  readonly dns?: string | readonly string[] | undefined;
  /** A URI among the alternative names, to the letter. */
  readonly uri?: string | readonly string[] | undefined;
  /** An e-mail address among the alternative names. */
  readonly email?: string | readonly string[] | undefined;
  /** An IP address among the alternative names. */
  readonly ip?: string | readonly string[] | undefined;
  /** A purpose (extended key usage) that the certificate itself names: 'clientAuth', or an identifier. */
  readonly eku?: string | readonly string[] | undefined;
  /** The common name of the issuer. */
  readonly issuer?: string | readonly string[] | undefined;
  /** SHA-1 or SHA-256 of the certificate, in hexadecimal. */
  readonly thumbprint?: string | readonly string[] | undefined;
  /** SHA-256 of the public key (SubjectPublicKeyInfo), in hexadecimal. */
  readonly spki?: string | readonly string[] | undefined;
}

/** Which peers may come through: one of the rules must match, or the function must return true. */
export type Allow = AllowRule | readonly AllowRule[] | ((certificate: CertificateContents) => boolean);

/** All in milliseconds; 0 means no limit. */
export interface TunnelTimeouts {
  /** For each target until it is connected. Default 10,000. */
  readonly connect?: number | undefined;
  /** For the dialogue before TLS and the handshake, each. Default 120,000. */
  readonly handshake?: number | undefined;
  /** How long a side may take nothing while data wait for it. Default 300,000. */
  readonly busy?: number | undefined;
  /** Without a byte in either direction. Default 43,200,000, which is 12 hours. */
  readonly idle?: number | undefined;
  /** Without a byte, after one side has ended. Default 60,000. */
  readonly close?: number | undefined;
  /** Of a connection as a whole. Default 0. */
  readonly lifetime?: number | undefined;
}

export interface TunnelLimits {
  /** Connections at the same time; more are refused. Default 10,000. */
  readonly connections?: number | undefined;
  /** Connections that are not open yet: target, dialogue, handshake. More are refused. Default 1,000. */
  readonly handshakes?: number | undefined;
  /**
   * Connections that are not open yet, of one address: the one in the header of a load balancer, if it sends one.
   * Default: that of `handshakes`.
   */
  readonly perAddress?: number | undefined;
}

/** What both kinds of tunnels have. */
export interface CommonTunnelOptions {
  /** For events and status. Default 'tunnel'. */
  readonly name?: string | undefined;
  /**
   * Where it listens. Without a host: 127.0.0.1 as a client, because what comes in there is in the clear; all
   * addresses as a server. Port 0 takes any that is free.
   */
  readonly accept: Endpoint;
  /** Where connections go: the target, or several of which one answers. Without a host: 127.0.0.1. */
  readonly connect: Endpoint | ProgramEndpoint | readonly (Endpoint | ProgramEndpoint)[];
  /** `connect` may name programs. Default false. */
  readonly allowPrograms?: boolean | undefined;
  /** 'prio' (default): tries the targets in their order. 'rr': each connection begins with the next target. */
  readonly failover?: 'prio' | 'rr' | undefined;
  /** Which peers may come through, beside the verification of `tls`. Default all of them. */
  readonly allow?: Allow | undefined;
  readonly timeouts?: TunnelTimeouts | undefined;
  readonly limits?: TunnelLimits | undefined;
  /** Bytes that each side may hold back in each direction before the other one is stopped. Default 65,536. */
  readonly buffer?: number | undefined;
  /** Source address of the connections to targets. */
  readonly localAddress?: string | undefined;
  /** After an error, reset the clear side, so that it can't take the end for a regular one. Default true. */
  readonly reset?: boolean | undefined;
  /** Take the end of the transport for the end of the data, if TLS was not ended before it. Default false. */
  readonly allowTruncation?: boolean | undefined;
  /** Headers of the PROXY protocol. They say whose connection it is that somebody else passes on. Default none. */
  readonly proxyProtocol?: TunnelProxyProtocol | undefined;
}

export interface TunnelProxyProtocol {
  /**
   * Sent to the target before anything else: version 1 or 2. As a server also 'tls', which is version 2 with what is
   * known about TLS and the name in the client's certificate, and 'certificate', with the whole certificate.
   */
  readonly out?: 1 | 2 | 'tls' | 'certificate' | undefined;
  /**
   * Addresses and networks, such as ['10.0.0.7', 'fd00::/8'], whose connections begin with a header. What it says is
   * believed, so that a client among them could claim any address. Connections from elsewhere begin without one.
   */
  readonly in?: readonly string[] | undefined;
}

/** TLS on the way out: programs on this machine connect in the clear. */
export interface ClientTunnelOptions extends CommonTunnelOptions {
  readonly mode: 'client';
  /** Ask for TLS in this protocol, and greet the local client in its words. Default: TLS from the first byte. */
  readonly starttls?: Exclude<StartTlsProtocolName, 'ftp' | 'mysql' | 'rdp' | 'tds'> | undefined;
  /**
   * Proxies on the way to the target, in their order: as `through` of connectThrough() in schannel/proxy. The target's
   * name is looked up by the last one. Default none.
   */
  readonly through?: readonly ProxyStep[] | undefined;
  /**
   * Options of connect(). `servername` is the name that the certificate must match: by default the host of the
   * target. `name` is that of startTls().
   */
  readonly tls?: ClientTlsOptions | undefined;
}

/** TLS on the way in: a program on this machine gets it in the clear. */
export interface ServerTunnelOptions extends CommonTunnelOptions {
  readonly mode: 'server';
  /** Options of createServer(). With `requestCert`, `rejectUnauthorized` is true by default. */
  readonly tls: ServerTlsOptions;
  /**
   * Clients ask for TLS in this protocol: 'smtp', 'imap', 'pop3', 'ldap' or 'postgres'. They are answered until they
   * do, and everything else is refused. In the first three the target greets them, so that it is connected before TLS:
   * `redirect` and targets of `routes` are not possible. Default: TLS from the first byte.
   */
  readonly starttls?: ServerProtocolName | undefined;
  /** With `starttls`: also takes clients that begin with TLS. Default false. */
  readonly implicitTls?: boolean | undefined;
  /**
   * With `requestCert`: clients may come without a certificate. One that they show must be trusted, and among `allow`.
   * Default false.
   */
  readonly certificateOptional?: boolean | undefined;
  /**
   * Where clients go whose certificate is missing, not trusted or not among `allow`; they are refused otherwise. Needs
   * `requestCert`.
   */
  readonly redirect?: Endpoint | readonly Endpoint[] | undefined;
  /** What clients get that ask for these names; `*` stands for a part without a dot. */
  readonly routes?: Readonly<Record<string, TunnelRoute>> | undefined;
}

export interface TunnelRoute {
  /** The certificate and the other options of createSecureContext(). Default those of the tunnel. */
  readonly tls?: SecureContextOptions | undefined;
  /** Default that of the tunnel. */
  readonly connect?: Endpoint | ProgramEndpoint | readonly (Endpoint | ProgramEndpoint)[] | undefined;
  /** Default that of the tunnel. */
  readonly allow?: Allow | undefined;
  /**
   * Clients of this name have to show a certificate. All clients are asked for one if those of some name have to, but
   * only these are refused without. Default that of the tunnel's `tls`.
   */
  readonly requestCert?: boolean | undefined;
  /** With `requestCert`, the certificate has to be trusted. Default that of the tunnel's `tls`. */
  readonly rejectUnauthorized?: boolean | undefined;
}

/** Options of connect() that don't concern the transport. */
export type ClientTlsOptions = Omit<
  ConnectionOptions,
  | 'host'
  | 'port'
  | 'path'
  | 'socket'
  | 'timeout'
  | 'signal'
  | 'onread'
  | 'allowHalfOpen'
  | 'localAddress'
  | 'localPort'
> &
  Pick<StartTlsOptions, 'name'>;

/** Options of createServer() that don't concern the transport. */
export type ServerTlsOptions = Omit<
  ServerOptions,
  'allowHalfOpen' | 'pauseOnConnect' | 'challenges' | 'SNICallback'
>;

export type TunnelOptions = ClientTunnelOptions | ServerTunnelOptions;
