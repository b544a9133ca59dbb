import type { Place } from '../../../formats/stunnel/configuration.js';
import type { RevocationMode } from '../../../windows/trust/revocation.js';
import type { Protocol } from '../../../tls/secure-context/protocols.js';
import type {
  AllowRule,
  ClientTunnelOptions,
  TunnelLimits,
  TunnelProxyProtocol,
  TunnelTimeouts,
} from '../options.js';

/** A file, or all files of a folder. Paths are complete. */
export type PlannedSource = { readonly file: string } | { readonly folder: string };

/** Where an end is: as an object, so that a plan can be compared. */
export type PlannedEndpoint = { readonly host: string; readonly port: number } | { readonly path: string };

/** A program that is started for each connection. */
export interface PlannedProgram {
  readonly program: string;
  readonly args?: readonly string[];
  readonly argv0?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Where connections go. */
export type PlannedTarget = PlannedEndpoint | PlannedProgram;

/** A certificate of the Windows store. */
export interface PlannedCertificate {
  readonly store: string;
  readonly thumbprint?: string;
  readonly friendlyName?: string;
  readonly subject?: string;
  readonly dns?: string;
}

/** The TLS options of a tunnel, with files by their names. Each means what it means in connect() or createServer(). */
export interface PlannedTls {
  readonly servername?: string;
  /** Which names a server's certificate may have, instead of `servername`: one is enough, and null is any. */
  readonly names?: readonly string[] | null;
  readonly rejectUnauthorized?: boolean;
  readonly requestCert?: boolean;
  readonly minVersion?: Protocol;
  readonly maxVersion?: Protocol;
  readonly ciphers?: string;
  readonly revocation?: RevocationMode;
  readonly revocationTimeout?: number;
  readonly sessionTimeout?: number;
  readonly allowPartialTrustChain?: boolean;
  /** A certificate of the store, or one that the server accepts, of the user or of the machine. */
  readonly certificate?: PlannedCertificate | 'issuers';
  /** Files with certificates, PEM or PKCS#12. */
  readonly cert?: readonly PlannedSource[];
  /** The file with the key, if it is not in that of the certificate. */
  readonly key?: PlannedSource;
  readonly ca?: readonly PlannedSource[];
  readonly crl?: readonly PlannedSource[];
}

export interface PlannedRoute {
  readonly connect: readonly PlannedTarget[];
  readonly allow?: readonly AllowRule[];
  readonly pins?: readonly PlannedSource[];
  /** Clients of these names have to show a certificate, or not. Given if the port has another rule. */
  readonly requestCert?: boolean;
  readonly rejectUnauthorized?: boolean;
  readonly tls: PlannedTls;
}

/** Where a password stands: a plan has none itself. The file has `name = value` there. */
export interface PlannedSecret {
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/** A proxy on the way. */
export interface PlannedProxy {
  readonly protocol: 'connect' | 'socks5';
  readonly host: string;
  readonly port: number;
  readonly user?: string;
  readonly password?: PlannedSecret;
}

/** A section as options of createTunnel(), before files are read. It is JSON, and has no secrets. */
export interface PlannedTunnel {
  readonly name: string;
  readonly mode: 'client' | 'server';
  readonly accept: PlannedEndpoint;
  readonly connect: readonly PlannedTarget[];
  readonly failover?: 'prio' | 'rr';
  readonly starttls?: NonNullable<ClientTunnelOptions['starttls']>;
  readonly implicitTls?: boolean;
  readonly through?: readonly PlannedProxy[];
  readonly proxyProtocol?: TunnelProxyProtocol;
  readonly timeouts?: TunnelTimeouts;
  readonly limits?: TunnelLimits;
  readonly buffer?: number;
  readonly allowTruncation?: boolean;
  readonly localAddress?: string;
  readonly reset?: boolean;
  readonly allow?: readonly AllowRule[];
  /** Only certificates with the key of one in these files are allowed. */
  readonly pins?: readonly PlannedSource[];
  readonly certificateOptional?: boolean;
  readonly redirect?: readonly PlannedEndpoint[];
  readonly routes?: Readonly<Record<string, PlannedRoute>>;
  readonly tls: PlannedTls;
}

/** What a person should know about a configuration that can be used. */
export interface StunnelNotice {
  /** 'warning': it is less safe than it may seem. 'notice': it works in another way than in stunnel. */
  readonly level: 'warning' | 'notice';
  readonly place: Place;
  /** 'stunnel.conf:12: …' */
  readonly text: string;
}

/** What the file says about the process as a whole. */
export interface StunnelProcess {
  /** 0 (emergencies) to 7 (everything). */
  readonly debug?: number;
  readonly output?: string;
  readonly log?: 'append' | 'overwrite';
  readonly service?: string;
}

/** A whole configuration as JSON: what `--print` shows. */
export interface StunnelPlan {
  readonly process: StunnelProcess;
  readonly services: readonly PlannedTunnel[];
  readonly notices: readonly StunnelNotice[];
}
