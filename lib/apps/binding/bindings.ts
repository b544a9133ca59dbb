import { argumentError, integerWithin, invalidType } from '../../base/errors/argument-error.js';
import { SerialQueue } from '../../base/async/serial-queue.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { plainHex } from '../../base/text/hex.js';
import { asciiName } from '../../formats/x509/host-match.js';
import type { NativeSslRecord } from '../../native/http-binding.js';
import {
  type Binding,
  bindingOf,
  type BindingRevocation,
  guidBytes,
  OWN_APP_ID,
  withFlag,
  withRevocation,
} from '../../windows/binding/binding.js';
import type { ExtendedParameter } from '../../windows/binding/extended.js';
import {
  bindingKeyOf,
  type BindingKey,
  formatBindingKey,
  nativeKeyOf,
  parseBindingKey,
} from '../../windows/binding/key.js';
import { BindingRecords, noBinding } from '../../windows/binding/records.js';
import { parseReference } from '../../windows/store/reference.js';
import { requireUsable } from './certificate.js';
import { type BindingSystem, thisSystem } from './system.js';

/** Which bindings are listed; all of them by default. */
export interface BindingQuery {
  /** Those with this certificate, by SHA-1. */
  readonly thumbprint?: string;
  /** Those of this port. */
  readonly port?: number;
  /** Those of this name. */
  readonly host?: string;
}

/** What a binding should have. What is left out stays, or has Windows' default in a new binding. */
export interface BindingSettings {
  /**
   * 'address:port', '[IPv6 address]:port', '*:port' (every address), 'host:port', 'ccs:port' or 'ccs:host:port'.
   */
  readonly key: string;
  /**
   * Thumbprint of a certificate in LocalMachine\MY or LocalMachine\WebHosting, or 'LocalMachine\\Store\\thumbprint'. A
   * new binding of an address or a host needs it; one of the central store has none.
   */
  readonly certificate?: string;
  /** Whether clients are asked for a certificate in the first handshake. TLS 1.3 has no other way. Default false. */
  readonly clientCertificates?: boolean;
  /** Whether http.sys checks that client certificates are not revoked. Windows' default is 'on'. */
  readonly revocation?: BindingRevocation;
  /** False permits only TLS 1.2 and newer with strong cipher suites (Server 2019 and later). Default true. */
  readonly legacyTls?: boolean;
  /** False switches TLS 1.3 off for this binding. Default true. */
  readonly tls13?: boolean;
  /** False switches HTTP/2 off for this binding. Default true. */
  readonly http2?: boolean;
  /** A GUID that says whose a new binding is. Default: this library's. Binding that exist keep theirs. */
  readonly appId?: string;
}

export interface BindingChangeOptions {
  /** Changes bindings of IIS, too. IIS writes them again from its own settings. Default false. */
  readonly owned?: boolean;
  /** Only checks, and returns what would be done. Default false. */
  readonly dryRun?: boolean;
}

export interface BindingChange {
  readonly key: string;
  /** Null if there was none. */
  readonly before: Binding | null;
  /** Null if it is removed. */
  readonly after: Binding | null;
}

/**
 * The bindings of http.sys: which certificates it shows, for IIS, WinRM, AD FS and others. They are read from Windows,
 * not from netsh, whose text is translated.
 *
 * @throws SchannelError ERR_SCHANNEL_BINDING_ACCESS_DENIED, ERR_SCHANNEL_BINDING_FAILURE
 */
export async function listBindings(query: BindingQuery = {}, system = thisSystem()): Promise<Binding[]> {
  checkObject('query', query);
  const { thumbprint, port, host } = query;
  const wanted = thumbprint === undefined ? null : thumbprintOf('query.thumbprint', thumbprint);
  if (port !== undefined) integerWithin('query.port', port, 1, 65_535);
  if (host !== undefined && typeof host !== 'string') throw invalidType('query.host', 'of type string', host);
  const records = await new BindingRecords(system.addon).list();
  return records
    .map(bindingOf)
    .filter(
      (binding) =>
        (wanted === null || binding.thumbprint === wanted) &&
        (port === undefined || binding.port === port) &&
        (host === undefined || asciiName(binding.host ?? '') === asciiName(host)),
    );
}

/**
 * One binding.
 *
 * @param key as in {@link BindingSettings.key}
 * @throws SchannelError ERR_SCHANNEL_BINDING_NOT_FOUND, ERR_SCHANNEL_BINDING_KEY, and as {@link listBindings}
 */
export async function readBinding(key: string, system = thisSystem()): Promise<Binding> {
  const parsed = parseBindingKey(key);
  const found = await new BindingRecords(system.addon).find(parsed);
  if (found === null) throw noBinding(parsed);
  return bindingOf(found);
}

/**
 * Which parameters a binding has that this library keeps, and does not change: limits of HTTP/2, keys of session
 * tickets and others, of newer builds.
 *
 * @param key as in {@link BindingSettings.key}
 * @throws as {@link readBinding}
 */
export async function extendedParameters(key: string, system = thisSystem()): Promise<ExtendedParameter[]> {
  const parsed = parseBindingKey(key);
  const records = new BindingRecords(system.addon);
  const found = await records.find(parsed);
  if (found === null) throw noBinding(parsed);
  return records.extended(bindingKeyOf(found));
}

/**
 * Makes a binding, or changes one: everything that the settings do not name stays. The certificate is checked before
 * anything is changed, and the result is read back. Needs an administrator. New connections see the change.
 *
 * @throws SchannelError ERR_SCHANNEL_BINDING_CERTIFICATE, ERR_SCHANNEL_BINDING_OWNED, ERR_SCHANNEL_BINDING_UNVERIFIED,
 *   ERR_SCHANNEL_BINDING_ACCESS_DENIED, ERR_SCHANNEL_BINDING_KEY, ERR_SCHANNEL_BINDING_EXISTS,
 *   ERR_SCHANNEL_BINDING_CHANGED, ERR_SCHANNEL_BINDING_LEFTOVERS, ERR_SCHANNEL_BINDING_FAILURE
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE
 */
export async function setBinding(
  settings: BindingSettings,
  options: BindingChangeOptions = {},
  system = thisSystem(),
): Promise<BindingChange> {
  checkSettings(settings);
  checkOptions(options);
  const key = parseBindingKey(settings.key);
  return CHANGES.run(async () => {
    const records = new BindingRecords(system.addon);
    const before = await records.find(key);
    if (before !== null) requireOwn([before], options);
    const after = await wantedRecord(key, before, settings, system);
    if (options.dryRun !== true) await records.write(before, after);
    return changeOf(before, after);
  });
}

/** Each change begins with what the one before it has left. */
const CHANGES = new SerialQueue();

/**
 * Removes a binding, and sees to it that it is gone. Needs an administrator.
 *
 * @throws SchannelError ERR_SCHANNEL_BINDING_NOT_FOUND, and as {@link setBinding}
 */
export async function removeBinding(
  key: string,
  options: BindingChangeOptions = {},
  system = thisSystem(),
): Promise<BindingChange> {
  checkOptions(options);
  const parsed = parseBindingKey(key);
  return CHANGES.run(async () => {
    const records = new BindingRecords(system.addon);
    const before = await records.find(parsed);
    if (before === null) throw noBinding(parsed);
    requireOwn([before], options);
    if (options.dryRun !== true) await records.remove(bindingKeyOf(before));
    const removed = bindingOf(before);
    return { key: removed.key, before: removed, after: null };
  });
}

/**
 * Has every binding with one certificate show another: after a renewal. All other settings stay. Either all of them are
 * changed, or none. Needs an administrator.
 *
 * @param from thumbprint of the old certificate, which need not exist any more
 * @param to as {@link BindingSettings.certificate}; it must be for the name of each binding
 * @throws SchannelError ERR_SCHANNEL_BINDING_NOT_FOUND if no binding has the old one, and as {@link setBinding}
 */
export async function replaceCertificate(
  from: string,
  to: string,
  options: BindingChangeOptions = {},
  system = thisSystem(),
): Promise<BindingChange[]> {
  checkOptions(options);
  const old = thumbprintOf('from', from);
  if (typeof to !== 'string') throw invalidType('to', 'of type string', to);
  return CHANGES.run(async () => {
    const records = new BindingRecords(system.addon);
    const found = (await records.list()).filter((record) => bindingOf(record).thumbprint === old);
    if (found.length === 0) {
      throw new SchannelError('ERR_SCHANNEL_BINDING_NOT_FOUND', `No binding has the certificate ${old}`, {
        phase: 'binding',
        advice: 'List the bindings: schannel binding ls.',
      });
    }
    requireOwn(found, options);
    return rebind(records, found, to, options, system);
  });
}

/** What {@link moveBindings} has done. */
export interface MovedBindings {
  readonly changes: readonly BindingChange[];
  /** Those of IIS, which have an old certificate still. */
  readonly left: readonly Binding[];
}

/**
 * Has every binding with one of several certificates show another one: what a renewal does, again and again until it
 * succeeds. No binding is no error. Bindings of IIS are left alone unless `owned` is set. Either all of the others are
 * changed, or none.
 *
 * @param from thumbprints of old certificates, which need not exist any more
 * @param to as {@link BindingSettings.certificate}
 * @throws as {@link replaceCertificate}
 */
export async function moveBindings(
  from: readonly string[],
  to: string,
  options: BindingChangeOptions = {},
  system = thisSystem(),
): Promise<MovedBindings> {
  checkOptions(options);
  if (!Array.isArray(from)) throw invalidType('from', 'an array', from);
  if (typeof to !== 'string') throw invalidType('to', 'of type string', to);
  const old = new Set(from.map((each: string) => thumbprintOf('from', each)));
  old.delete(parseReference(to).thumbprint);
  return CHANGES.run(async () => {
    const records = new BindingRecords(system.addon);
    const found = (await records.list()).filter((record) => old.has(bindingOf(record).thumbprint ?? ''));
    const isLeft = (record: NativeSslRecord): boolean =>
      options.owned !== true && bindingOf(record).owner === 'IIS';
    const moving = found.filter((record) => !isLeft(record));
    return {
      changes: moving.length === 0 ? [] : await rebind(records, moving, to, options, system),
      left: found.filter(isLeft).map(bindingOf),
    };
  });
}

/** Has records show another certificate: all of them, or none. */
async function rebind(
  records: BindingRecords,
  found: readonly NativeSslRecord[],
  to: string,
  { dryRun = false }: BindingChangeOptions,
  system: BindingSystem,
): Promise<BindingChange[]> {
  const hosts = found.map(({ host }) => host).filter((host) => host !== '');
  const { certificate, store } = await requireUsable(system, to, hosts);
  const hash = Buffer.from(certificate.thumbprint, 'hex');
  const changes = found.map((before) => ({ before, after: { ...before, hash, store } }));
  if (!dryRun) await writeAll(records, changes);
  return changes.map(({ before, after }) => changeOf(before, after));
}

interface RecordChange {
  readonly before: NativeSslRecord;
  readonly after: NativeSslRecord;
}

/** Writes all, or has everything be as before. */
async function writeAll(records: BindingRecords, changes: readonly RecordChange[]): Promise<void> {
  const begun: RecordChange[] = [];
  for (const change of changes) {
    begun.unshift(change);
    try {
      await records.write(change.before, change.after);
    } catch (error) {
      const left: string[] = [];
      for (const { before, after } of begun) {
        await records.restore(before, after).catch(() => void left.push(bindingOf(before).key));
      }
      if (left.length === 0) throw error;
      throw new SchannelError(
        'ERR_SCHANNEL_BINDING_LEFTOVERS',
        `The certificate could not be replaced everywhere, and these bindings are not as they were: ${left.join(', ')}`,
        { phase: 'binding', cause: error, advice: 'Look at each with "schannel binding show".' },
      );
    }
  }
}

async function wantedRecord(
  key: BindingKey,
  before: NativeSslRecord | null,
  settings: BindingSettings,
  system: BindingSystem,
): Promise<NativeSslRecord> {
  const { revocation, clientCertificates, legacyTls, tls13, http2 } = settings;
  const old = before ?? newRecord(key, settings.appId);
  let { flags } = old;
  if (clientCertificates !== undefined) flags = withFlag(flags, 'NEGOTIATE_CLIENT_CERT', clientCertificates);
  if (legacyTls !== undefined) flags = withFlag(flags, 'DISABLE_LEGACY_TLS', !legacyTls);
  if (tls13 !== undefined) flags = withFlag(flags, 'DISABLE_TLS13', !tls13);
  if (http2 !== undefined) flags = withFlag(flags, 'DISABLE_HTTP2', !http2);
  return {
    ...old,
    ...(await certificateOf(key, before, settings, system)),
    flags,
    checkMode: revocation === undefined ? old.checkMode : withRevocation(old.checkMode, revocation),
  };
}

async function certificateOf(
  key: BindingKey,
  before: NativeSslRecord | null,
  { certificate }: BindingSettings,
  system: BindingSystem,
): Promise<Pick<NativeSslRecord, 'hash' | 'store'> | null> {
  const isCentral = key.kind === 'central' || key.kind === 'central-host';
  if (certificate !== undefined && isCentral) {
    throw argumentError(
      'ERR_INVALID_ARG_VALUE',
      `The property 'settings.certificate' must be absent for ${formatBindingKey(key)}: the central store has the certificates`,
    );
  }
  if (certificate === undefined) {
    if (isCentral || before !== null) return null;
    throw argumentError(
      'ERR_INVALID_ARG_VALUE',
      `The property 'settings.certificate' is needed: there is no binding ${formatBindingKey(key)} yet`,
    );
  }
  const found = await requireUsable(system, certificate, key.host === null ? [] : [key.host]);
  return { hash: Buffer.from(found.certificate.thumbprint, 'hex'), store: found.store };
}

/** Zeros are Windows' defaults: revocation is checked. */
const newRecord = (key: BindingKey, appId = OWN_APP_ID): NativeSslRecord => ({
  ...nativeKeyOf(key),
  hash: new Uint8Array(),
  appId: guidBytes(appId) ?? new Uint8Array(16),
  store: null,
  checkMode: 0,
  freshnessTime: 0,
  retrievalTimeout: 0,
  ctlIdentifier: null,
  ctlStore: null,
  flags: 0,
});

const changeOf = (before: NativeSslRecord | null, after: NativeSslRecord): BindingChange => {
  const binding = bindingOf(after);
  return { key: binding.key, before: before === null ? null : bindingOf(before), after: binding };
};

/** @throws SchannelError ERR_SCHANNEL_BINDING_OWNED */
function requireOwn(records: readonly NativeSslRecord[], { owned = false }: BindingChangeOptions): void {
  const keys = records
    .map(bindingOf)
    .filter(({ owner }) => owner === 'IIS')
    .map(({ key }) => key);
  if (owned || keys.length === 0) return;
  throw new SchannelError(
    'ERR_SCHANNEL_BINDING_OWNED',
    `IIS has made ${keys.join(', ')}, and will write ${keys.length === 1 ? 'it' : 'them'} again from its own settings`,
    {
      phase: 'binding',
      advice: 'Change the binding of the site in IIS. Or change http.sys anyway: owned (--owned).',
    },
  );
}

function thumbprintOf(name: string, text: string): string {
  if (typeof text !== 'string') throw invalidType(name, 'of type string', text);
  const digits = plainHex(text);
  if (digits?.length === 40) return digits;
  throw argumentError(
    'ERR_INVALID_ARG_VALUE',
    `The argument '${name}' must be a SHA-1 thumbprint, 40 hexadecimal digits. Received ${JSON.stringify(text)}`,
  );
}

/** JavaScript may pass any value. */
function checkObject(name: string, value: unknown): void {
  if (typeof value !== 'object' || value === null) throw invalidType(name, 'an object', value);
}

/** What looks like a dry run must not change anything. */
function checkOptions(options: BindingChangeOptions): void {
  checkObject('options', options);
  for (const name of ['owned', 'dryRun'] as const) checkFlag(`options.${name}`, options[name]);
}

function checkFlag(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'boolean') throw invalidType(name, 'of type boolean', value);
}

function checkSettings(settings: BindingSettings): void {
  checkObject('settings', settings);
  for (const name of ['clientCertificates', 'legacyTls', 'tls13', 'http2'] as const) {
    checkFlag(`settings.${name}`, settings[name]);
  }
  const { revocation, appId, certificate } = settings;
  for (const [name, value] of Object.entries({ revocation, appId, certificate })) {
    if (value !== undefined && typeof value !== 'string') {
      throw invalidType(`settings.${name}`, 'of type string', value);
    }
  }
  if (revocation !== undefined && !['on', 'cached', 'off'].includes(revocation)) {
    throw argumentError(
      'ERR_INVALID_ARG_VALUE',
      `The property 'settings.revocation' must be 'on', 'cached' or 'off'. Received ${JSON.stringify(revocation)}`,
    );
  }
  if (appId !== undefined && guidBytes(appId) === null) {
    throw argumentError(
      'ERR_INVALID_ARG_VALUE',
      `The property 'settings.appId' must be a GUID. Received ${JSON.stringify(appId)}`,
    );
  }
}
