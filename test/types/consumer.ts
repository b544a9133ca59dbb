/**
 * What TypeScript programs do with this package: each class is given to where the types of Node want their own. It is
 * compiled from the packed archive, with the types of each Node and all libraries checked
 * (scripts/suites/consumer-types.mjs), and never run.
 */
import type { ChannelCredentials } from '@grpc/grpc-js';
import { subscribe } from 'node:diagnostics_channel';
import type http from 'node:http';
import type http2 from 'node:http2';
import https from 'node:https';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import * as schannel from 'schannel';
import * as acme from 'schannel/acme';
import * as bindings from 'schannel/binding';
import { type ConnectionDiagnosis, diagnoseConnection } from 'schannel/doctor';
import { createFetch } from 'schannel/fetch';
import { schannelGrpc } from 'schannel/grpc';
import * as schannelHttp2 from 'schannel/http2';
import * as schannelHttps from 'schannel/https';
import { schannelImap } from 'schannel/imap';
import { schannelLdap } from 'schannel/ldap';
import { schannelTransport } from 'schannel/nodemailer';
import { schannelPg } from 'schannel/pg';
import * as pki from 'schannel/pki';
import { schannelRedis } from 'schannel/redis';
import { register, unregister } from 'schannel/register';
import { installService, runAsService, type ServiceStatus } from 'schannel/service';
import { startTls } from 'schannel/starttls';
import { connect as connectPromised } from 'schannel/promises';
import * as store from 'schannel/store';
import { negotiate, request as signedRequest, type SignIn } from 'schannel/negotiate';
import { schannelConnector } from 'schannel/undici';
import { serve, type Site } from 'schannel/web';
import { schannelWs } from 'schannel/ws';
import * as web from 'schannel/web';

const URL_OF_SERVER = 'https://intranet.example/';

// Agents, as axios, got, node-fetch and ws take them.
export const agent: https.Agent = new schannelHttps.Agent({
  keepAlive: true,
  certificate: { subject: 'anna' },
});
export const anyAgent: http.Agent = schannelHttps.globalAgent;
https.get(URL_OF_SERVER, { agent: new schannelHttps.Agent({ revocation: 'hard' }) });
https.get(URL_OF_SERVER, {
  agent: new schannelHttps.Agent({ proxy: 'system', proxyAuth: 'negotiate', noProxy: ['.local'] }),
});
export class OwnAgent extends schannelHttps.Agent {}
export const signIn = (socket: tls.TLSSocket): SignIn =>
  negotiate({ host: 'intranet.example', socket, scheme: 'ntlm' });
export const signedAnswer = signedRequest(URL_OF_SERVER, {
  scheme: 'ntlm',
  connection: { revocation: 'hard' },
});
export const ownAgent: https.Agent = new OwnAgent();
export const name: string = agent.getName({
  host: 'intranet.example',
  checkServerIdentity: tls.checkServerIdentity,
});

// Why a connection fails.
export const diagnosis: Promise<ConnectionDiagnosis> = diagnoseConnection(
  { host: 'intranet.example', port: 443, starttls: 'smtp' },
  { certificate: 'CurrentUser\\MY\\00', ca: 'PEM', minVersion: 'TLSv1.2', signal: AbortSignal.timeout(1000) },
);

// Requests.
export const requests: http.ClientRequest[] = [
  schannelHttps.get(URL_OF_SERVER, { agent }, (response: http.IncomingMessage) => response.resume()),
  schannelHttps.request(new URL(URL_OF_SERVER), { checkServerIdentity: tls.checkServerIdentity }),
];
export const standsForHttps: Pick<typeof https, 'get' | 'request'> = schannelHttps;

// Sockets.
export const sockets: tls.TLSSocket[] = [
  schannel.connect({ host: 'intranet.example', port: 443 }),
  schannel.connect(443, 'intranet.example', { ca: 'PEM' }, () => undefined),
  new schannel.TLSSocket(new net.Socket(), { isServer: true }),
];
export const stream: Duplex = schannel.connect(443);
export const plain: net.Socket = schannel.connect(443);
export const facts: unknown[] = sockets.map((socket) => [
  socket.getPeerCertificate(true).issuerCertificate,
  socket.getCipher().name,
]);
export const isAsInNode: boolean = schannel.connect(443).authorizationError === null;
export const secured: Promise<tls.TLSSocket> = startTls(new net.Socket(), {
  protocol: 'smtp',
  host: 'mail.example',
});

// Libraries, by what their hooks take.
const BY = { certificate: { subject: 'anna' }, revocation: 'hard' } as const;
export const hooks: {
  readonly ws: { createConnection?: typeof net.createConnection };
  readonly ldapts: { createSecureConnection?: typeof tls.connect };
  readonly pg: { ssl?: boolean; stream?: () => Duplex };
} = { ws: schannelWs(BY), ldapts: schannelLdap(BY), pg: schannelPg({ ...BY, direct: true }) };
export const grpcCredentials: ChannelCredentials = schannelGrpc(BY);
export const connector: unknown = schannelRedis(BY).Connector;
export const answer: Promise<Response> = createFetch(BY)('https://intranet.example/');
register({ revocation: 'soft', servers: { 'db.example': BY, 'other.example': { certificate: null } } });
export const imapSocket: net.Socket = schannelImap(BY).connect(
  { host: 'mail.example', port: 993, secure: true },
  () => undefined,
);

// What is known of connections.
export const described: string | undefined =
  schannel.connect(443).describe()?.connection.protocol ?? undefined;
subscribe('tracing:schannel.handshake:asyncEnd', (message) => {
  const { socket, protocol } = message as schannel.HandshakeMessage;
  socket.setTimeout(protocol === 'TLSv1.3' ? 1000 : 0);
});

// Promises, and what ends with its block.
export async function disposed(): Promise<void> {
  const socket: tls.TLSSocket = await connectPromised(443, 'intranet.example', { pins: ['sha256/…'] });
  const server = schannel.createServer({ windowHandle: 1n });
  for await (const connection of server) {
    connection.pipe(socket);
    await connection[Symbol.asyncDispose]();
  }
  new schannelHttps.Agent()[Symbol.dispose]();
}

// Contexts.
export const context: tls.SecureContext = schannel.createSecureContext({ ca: ['PEM'] });
tls.connect({ port: 443, secureContext: schannel.createSecureContext() });
schannel.connect({ port: 443, secureContext: schannel.createSecureContext() });

// Servers.
export const servers: tls.Server[] = [schannel.createServer(), new schannel.Server({ pfx: Buffer.alloc(0) })];
export const webServer: https.Server = schannelHttps.createServer((request, response) => {
  response.end(request.url);
});
export const webServers: net.Server[] = [webServer, ...servers];
export const http2Server: http2.Http2SecureServer = schannelHttp2.createSecureServer({ allowHTTP1: true });
export const session: http2.ClientHttp2Session = schannelHttp2.connect(URL_OF_SERVER);
export const options: tls.TlsOptions = {
  SNICallback: (_name, done) => done(null, schannel.createSecureContext()),
};

// The rest of what is exported.
export const others: unknown[] = [
  schannelTransport,
  register,
  unregister,
  store.openStore,
  acme.AcmeClient,
  pki.createRequest,
  pki.CertificateAuthority,
  schannelConnector(),
];

// Secrets in files.
export const secret: Promise<web.ProtectedSecret> = web.protectSecret('token', { entropyFile: 'entropy' });

// A site takes the functions of frameworks, and has the server of schannel/https.
export const site: Promise<Site> = serve({
  names: ['intranet.example'],
  app: (request: http.IncomingMessage, response: http.ServerResponse) => response.end(request.url),
  headers: { 'Referrer-Policy': null },
});
export const siteServer: Promise<net.Server> = site.then((started) => started.https);

// A service of Windows.
export const exitCode: Promise<number> = runAsService({
  name: 'gateway',
  onStart: ({ arguments: args, log }) => {
    log('information', args.join(' '));
  },
  onStop: (reason: 'stop' | 'shutdown' | 'itself') => (reason === 'itself' ? 1 : 0),
});
export const installed: Promise<ServiceStatus> = installService({
  name: 'gateway',
  args: [],
  start: 'delayed',
});

// Bindings of http.sys, and renewals that move them.
export const shown: Promise<readonly (string | null)[]> = bindings
  .listBindings({ port: 443 })
  .then((list: readonly bindings.Binding[]) => list.map(({ thumbprint }) => thumbprint));
export const set: Promise<bindings.BindingChange> = bindings.setBinding(
  { key: '*:443', certificate: 'LocalMachine\\MY\\AB', revocation: 'cached', legacyTls: false },
  { dryRun: true },
);
// @ts-expect-error: there is no such check
export const wrongCheck: bindings.BindingRevocation = 'maybe';
export const checked: Promise<readonly bindings.BindingFindingCode[]> = bindings
  .checkBinding('[::]:443')
  .then(({ findings }) => findings.map(({ code }) => code));
export const renewals: acme.ManagerOptions = {
  directory: acme.letsEncrypt.staging,
  termsOfServiceAgreed: true,
  moveBindings: bindings.moveBindings,
  certificates: [
    {
      names: ['www.bar.example'],
      challenge: acme.httpTokens(),
      store: 'LocalMachine\\MY',
      bindings: 'not-iis',
    },
  ],
};
