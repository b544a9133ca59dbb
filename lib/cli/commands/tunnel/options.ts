import { serverProtocols } from '../../../adapters/starttls/server/answer.js';
import type { CertificateSearch } from '../../../tls/identity/search.js';
import type { ServerTunnelOptions, TunnelOptions } from '../../../tunnel.js';
import { readInput } from '../../arguments.js';
import { proxiesOf } from '../../proxy-flags.js';
import type { CommandIO } from '../../terminal.js';
import { readCertificates, tlsOptions } from '../../tls-options.js';
import { UsageError } from '../../usage-error.js';
import { PROXY_PROTOCOL, type TunnelFlags } from './flags.js';

/** The tunnel that the command line describes. @throws {UsageError} */
export async function optionsOf(flags: TunnelFlags, io: CommandIO): Promise<TunnelOptions> {
  const { server, starttls, implicitTls, clientCertificates, allowCn, maxConnections, failover } = flags;
  const common = {
    accept: flags.accept ?? '',
    connect: flags.connect ?? [],
    failover,
    ...(allowCn !== undefined && { allow: { commonName: allowCn } }),
    ...(maxConnections !== undefined && { limits: { connections: maxConnections } }),
    ...proxyProtocolOf(flags),
  };
  if (server !== true) {
    if (clientCertificates !== undefined) throw new UsageError('--client-certificates is for --server');
    if (implicitTls === true) throw new UsageError('--implicit-tls is for --server');
    const through = await proxiesOf(flags, io);
    return {
      ...{ mode: 'client', ...common, starttls },
      ...(through.length > 0 && { through }),
      tls: { ...tlsOptions(flags), ...identityOf(flags) },
    };
  }
  if (flags.pinnedPubkey !== undefined) throw new UsageError('--pinned-pubkey is not possible with --server');
  if (flags.proxy !== undefined) throw new UsageError('--proxy is not possible with --server');
  if (flags.servername !== undefined || flags.dangerAcceptAnyCertificate === true) {
    throw new UsageError('--servername and --danger-accept-any-certificate are not possible with --server');
  }
  if (allowCn !== undefined && clientCertificates === undefined) {
    throw new UsageError('--allow-cn needs --client-certificates with --server');
  }
  const identity = identityOf(flags);
  if (Object.keys(identity).length === 0)
    throw new UsageError('--server needs --certificate, or --cert and --key');
  return {
    mode: 'server',
    ...common,
    ...serverStartTls(flags),
    certificateOptional: clientCertificates === 'optional',
    tls: { ...tlsOptions(flags), ...identity, requestCert: clientCertificates !== undefined },
  };
}

function proxyProtocolOf({
  proxyProtocol,
  proxyProtocolFrom,
}: TunnelFlags): Pick<TunnelOptions, 'proxyProtocol'> {
  if (proxyProtocol === undefined && proxyProtocolFrom === undefined) return {};
  return {
    proxyProtocol: {
      ...(proxyProtocol !== undefined && { out: PROXY_PROTOCOL[proxyProtocol] }),
      ...(proxyProtocolFrom !== undefined && { in: proxyProtocolFrom }),
    },
  };
}

/** @throws {UsageError} */
function serverStartTls({
  starttls,
  implicitTls,
}: TunnelFlags): Pick<ServerTunnelOptions, 'starttls' | 'implicitTls'> {
  if (starttls === undefined) {
    if (implicitTls === true) throw new UsageError('--implicit-tls needs --starttls');
    return {};
  }
  const protocol = serverProtocols.find((each) => each === starttls);
  if (protocol === undefined)
    throw new UsageError(`With --server, --starttls is one of ${serverProtocols.join(', ')}`);
  return { starttls: protocol, ...(implicitTls === true && { implicitTls }) };
}

/** @throws {UsageError} */
function identityOf({ certificate, store, cert, key }: TunnelFlags): {
  certificate?: CertificateSearch;
  cert?: Buffer;
  key?: Buffer;
} {
  if (certificate === undefined) {
    if (store !== undefined) throw new UsageError('--store is for --certificate');
    if (cert === undefined && key === undefined) return {};
    if (cert === undefined || key === undefined) throw new UsageError('--cert and --key belong together');
    return { cert: readCertificates(cert), key: readInput(key, '--key') };
  }
  if (cert !== undefined || key !== undefined)
    throw new UsageError('--certificate and --cert exclude each other');
  const digits = certificate.replace(/[\s:]/g, '');
  const isThumbprint = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i.test(digits);
  return {
    certificate: {
      ...(isThumbprint ? { thumbprint: digits } : { dns: certificate }),
      ...(store !== undefined && { store }),
    },
  };
}
