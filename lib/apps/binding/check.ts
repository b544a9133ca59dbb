import { type Binding, BINDING_FLAGS, bindingOf } from '../../windows/binding/binding.js';
import type { PortListener } from '../../windows/port/port-owner.js';
import { bindingListeners } from './listeners.js';
import { isSameBinding, parseBindingKey } from '../../windows/binding/key.js';
import { BindingRecords, noBinding } from '../../windows/binding/records.js';
import { type BindingSystem, thisSystem } from './system.js';

export type BindingFindingCode =
  | 'CERTIFICATE_NOT_FOUND'
  | 'CERTIFICATE'
  | 'EXPIRES_SOON'
  | 'NAME'
  | 'NO_FALLBACK'
  | 'NOBODY_LISTENS'
  | 'OTHER_LISTENS'
  | 'NO_VERSION'
  | 'NO_TLS13'
  | 'NO_TLS12'
  | 'NO_LEGACY_TLS'
  | 'REJECTED'
  | 'NO_CLIENT_CERTIFICATES'
  | 'REVOCATION_ON'
  | 'REVOCATION_CACHED'
  | 'REVOCATION_OFF';

/** Something to know about a binding. */
export interface BindingFinding {
  readonly code: BindingFindingCode;
  /** 'error': some or all connections fail. 'warning': it is likely not meant so. 'note': how it is set. */
  readonly severity: 'error' | 'warning' | 'note';
  readonly meaning: string;
  readonly remedy: string | null;
}

export interface BindingReport {
  readonly binding: Binding;
  /** No finding is an error. */
  readonly usable: boolean;
  /** What listens on its port; null if it can't be found out. */
  readonly listeners: readonly PortListener[] | null;
  /** Errors first, notes last. */
  readonly findings: readonly BindingFinding[];
}

/**
 * Checks whether a binding can work, and says in words how it is set: its certificate and key, names, versions of TLS,
 * and how client certificates are checked. Changes nothing and does not use the network.
 *
 * @param key as in BindingSettings
 * @throws SchannelError ERR_SCHANNEL_BINDING_NOT_FOUND, ERR_SCHANNEL_BINDING_KEY, ERR_SCHANNEL_BINDING_ACCESS_DENIED,
 *   ERR_SCHANNEL_BINDING_FAILURE
 */
export async function checkBinding(key: string, system = thisSystem()): Promise<BindingReport> {
  const parsed = parseBindingKey(key);
  const all = (await new BindingRecords(system.addon).list()).map(bindingOf);
  const binding = all.find((each) => isSameBinding(each, parsed));
  if (binding === undefined) throw noBinding(parsed);
  const listeners = await bindingListeners(binding, system);
  const findings = [
    ...(await ofCertificate(binding, system)),
    ...ofListeners(binding, listeners),
    ...ofFallback(binding, all),
    ...ofVersions(binding),
    ...ofClients(binding),
  ].sort((a, b) => ORDER[a.severity] - ORDER[b.severity]);
  const usable = findings.every(({ severity }) => severity !== 'error');
  return { binding, usable, listeners, findings };
}

const ORDER: Readonly<Record<BindingFinding['severity'], number>> = { error: 0, warning: 1, note: 2 };

const SOON_DAYS = 30;
const DAY_MS = 86_400_000;

async function ofCertificate(
  { thumbprint, store, host, kind }: Binding,
  system: BindingSystem,
): Promise<BindingFinding[]> {
  if (kind === 'central' || kind === 'central-host' || thumbprint === null) return [];
  const place = store ?? 'MY';
  const certificate = await system.examine(thumbprint, place);
  if (certificate === null) {
    return [
      finding(
        'CERTIFICATE_NOT_FOUND',
        'error',
        `The certificate ${thumbprint} is not in LocalMachine\\${place}: http.sys resets every connection.`,
        'Import it with its key, or give the binding another one: schannel binding set.',
      ),
    ];
  }
  const findings = certificate.findings.map(({ code, severity, meaning, remedy }) =>
    finding('CERTIFICATE', code === 'KEY_OF_USER' ? 'error' : severity, meaning, remedy),
  );
  const days = (certificate.validTo.getTime() - system.now()) / DAY_MS;
  if (days > 0 && days < SOON_DAYS) {
    findings.push(
      finding(
        'EXPIRES_SOON',
        'warning',
        `The certificate ends on ${certificate.validTo.toISOString().slice(0, 10)}.`,
        'Renew it, and use the new one: schannel binding replace.',
      ),
    );
  }
  if (host !== null && !certificate.isFor(host)) {
    findings.push(
      finding(
        'NAME',
        'error',
        `The certificate is not for ${host}: clients refuse it.`,
        `Use one that names ${host}.`,
      ),
    );
  }
  return findings;
}

function ofListeners({ port }: Binding, listeners: readonly PortListener[] | null): BindingFinding[] {
  if (listeners?.length === 0) {
    return [
      finding(
        'NOBODY_LISTENS',
        'warning',
        `Nothing listens on port ${port}: http.sys begins to when a program asks it for addresses of the port.`,
        'Start the site or the service that uses the binding.',
      ),
    ];
  }
  const addresses = new Map<number, string[]>();
  const programs = new Map<number, string>();
  for (const { pid, program, address } of listeners ?? []) {
    if (program === 'http.sys') continue;
    programs.set(pid, program === null ? `${pid}` : `${pid} (${program})`);
    addresses.set(pid, [...(addresses.get(pid) ?? []), address]);
  }
  return [...programs].map(([pid, program]) =>
    finding(
      'OTHER_LISTENS',
      'warning',
      `Process ${program} listens on port ${port} of ${addresses.get(pid)?.join(', ') ?? ''}: its connections don't come to http.sys, and the binding does not count for them.`,
      'Stop that program if http.sys should have the port, or remove the binding.',
    ),
  );
}

/** Clients without SNI, and names without a binding, get the binding of the address. */
function ofFallback({ kind, port }: Binding, all: readonly Binding[]): BindingFinding[] {
  if (kind !== 'host' && kind !== 'central-host') return [];
  if (all.some((each) => each.port === port && (each.kind === 'address' || each.kind === 'central')))
    return [];
  return [
    finding(
      'NO_FALLBACK',
      'warning',
      `Port ${port} has no binding of an address: clients that send no name get no certificate, and their connection is reset.`,
      `Add one if there are such clients: schannel binding set *:${port} --certificate …`,
    ),
  ];
}

function ofVersions({ flagBits }: Binding): BindingFinding[] {
  const has = (name: keyof typeof BINDING_FLAGS): boolean => (flagBits & BINDING_FLAGS[name]) !== 0;
  const findings: BindingFinding[] = [];
  if (has('REJECT')) {
    findings.push(finding('REJECTED', 'error', 'The binding refuses every connection (REJECT).', null));
  }
  if (has('DISABLE_TLS12') && has('DISABLE_TLS13') && has('DISABLE_LEGACY_TLS')) {
    findings.push(
      finding(
        'NO_VERSION',
        'error',
        'No version of TLS is left: every handshake fails.',
        'Permit TLS 1.2 or 1.3.',
      ),
    );
    return findings;
  }
  if (has('DISABLE_TLS12')) {
    findings.push(
      finding(
        'NO_TLS12',
        'warning',
        'TLS 1.2 is off (DISABLE_TLS12): many clients have no TLS 1.3 yet.',
        null,
      ),
    );
  }
  if (has('DISABLE_TLS13')) {
    findings.push(
      finding(
        'NO_TLS13',
        'warning',
        'TLS 1.3 is off (DISABLE_TLS13).',
        'Permit it, unless client certificates are asked for later: schannel binding set --tls13.',
      ),
    );
  }
  if (has('DISABLE_LEGACY_TLS')) {
    findings.push(
      finding(
        'NO_LEGACY_TLS',
        'note',
        'Only TLS 1.2 and newer, without CBC and RSA key exchange (DISABLE_LEGACY_TLS).',
        null,
      ),
    );
  }
  return findings;
}

function ofClients({ clientCertificates, revocation, flagBits, usageCheck }: Binding): BindingFinding[] {
  if (!clientCertificates) {
    // A program can still ask later, and TLS 1.3 has no renegotiation for that.
    const hasTls13 = (flagBits & BINDING_FLAGS.DISABLE_TLS13) === 0;
    const more = hasTls13 ? ' With TLS 1.3 a program that wants one later gets none.' : '';
    return [
      finding(
        'NO_CLIENT_CERTIFICATES',
        'note',
        `Clients are not asked for a certificate in the first handshake.${more}`,
        'If a program needs them: schannel binding set --client-certificates.',
      ),
    ];
  }
  const usage = usageCheck ? '' : ' Their purposes are not checked.';
  return [
    {
      on: finding(
        'REVOCATION_ON',
        'note',
        `Client certificates are checked for revocation. If the list of their authority can't be had, they are refused (IIS: 403.13).${usage}`,
        'Keep the addresses of revocation lists in client certificates reachable from here.',
      ),
      cached: finding(
        'REVOCATION_CACHED',
        'note',
        `Client certificates are checked for revocation only with lists that this machine has already.${usage}`,
        null,
      ),
      off: finding(
        'REVOCATION_OFF',
        'warning',
        `Client certificates are not checked for revocation: revoked ones are accepted.${usage}`,
        'Have them checked: schannel binding set --revocation on.',
      ),
    }[revocation],
  ];
}

const finding = (
  code: BindingFindingCode,
  severity: BindingFinding['severity'],
  meaning: string,
  remedy: string | null,
): BindingFinding => ({ code, severity, meaning, remedy });
