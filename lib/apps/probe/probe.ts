import { SYSTEM_CLOCK, type Clock } from '../../base/async/clock.js';
import { endIfAborted } from '../../base/errors/abort-error.js';
import { argumentError, integerWithin } from '../../base/errors/argument-error.js';
import { alertName } from '../../base/errors/alerts.js';
import { groupName } from '../../formats/tls-wire/groups.js';
import { TLS_VERSIONS, type TlsVersionName } from '../../formats/tls-wire/versions.js';
import { Asker } from './asker.js';
import { alpnOf } from './alpn.js';
import {
  certificatesBefore13,
  certificatesIn13,
  flight13,
  SCHEMES_BY_KEY,
  suitesByKey,
  type ShownCertificates,
} from './certificates.js';
import { type Elimination, refusalOf } from './eliminate.js';
import { notTls, unreachable } from './errors.js';
import { helloFeatures, NO_HELLO_FEATURES, refusesFallback } from './features.js';
import { findingsOf } from './findings.js';
import { OPENED_SUITES } from './flight-13.js';
import { curvesOf, dhBitsOf } from './key-exchange.js';
import { SHARED_GROUPS } from './key-shares.js';
import { grade } from './profiles.js';
import type { CertificateReport, FeaturesReport, ProbeReport, VersionReport } from './report.js';
import { targetOf, type ProbeTarget } from './target.js';
import { firstSuites, groupsOf13, surveyVersion, type VersionSurvey } from './versions.js';
import { Visitor } from './visitor.js';

/** What can be left out. Versions and suites are always asked for. */
export const PROBE_CHECKS = ['groups', 'certificates', 'alpn', 'features'] as const;

export type ProbeCheck = (typeof PROBE_CHECKS)[number];

export interface ProbeOptions {
  /** What is asked for in addition to versions and suites. Default all. */
  readonly checks?: readonly ProbeCheck[] | undefined;
  /** Connections at the same time, 1 to 16. Default 4. */
  readonly parallel?: number | undefined;
  /** Milliseconds for one connection. Default 5000. */
  readonly timeout?: number | undefined;
  /** One connection at a time, and 300 ms between two. Default false. */
  readonly gentle?: boolean | undefined;
  /** Connections in all. Default 400. */
  readonly maxConnections?: number | undefined;
  /** Milliseconds in all. Default 60,000; with `gentle` 300,000. */
  readonly totalTime?: number | undefined;
  /** Ends the probe with an AbortError. */
  readonly signal?: AbortSignal | undefined;
  /** Called with what has been found out, in a few words. */
  readonly onProgress?: ((text: string) => void) | undefined;
}

const GENTLE_PAUSE = 300;
const LONGEST = 3_600_000;

/**
 * Lists what a TLS server accepts: versions, suites in their order, groups, certificates, ALPN and extensions. It sends
 * hellos and reads the first flights; no handshake is finished, nothing malformed is sent, and nothing is verified. It
 * works on any system and uses neither Schannel nor OpenSSL for it.
 *
 * What a server refuses, and what stays without an answer, is part of the report.
 *
 * @throws {SchannelError} ERR_SCHANNEL_PROBE_TARGET the server cannot be reached, ERR_SCHANNEL_PROBE_NOT_TLS it answers
 *   with something else; what startTls() throws before the handshake; an AbortError; TypeError, RangeError for wrong
 *   arguments
 */
export function probe(target: ProbeTarget, options: ProbeOptions = {}): Promise<ProbeReport> {
  return probeBy(SYSTEM_CLOCK, target, options);
}

/** The same, by another clock. */
export async function probeBy(
  clock: Clock,
  target: ProbeTarget,
  options: ProbeOptions,
): Promise<ProbeReport> {
  const { gentle = false, parallel = 4, timeout = 5000, maxConnections = 400, signal, onProgress } = options;
  const totalTime = options.totalTime ?? (gentle ? 300_000 : 60_000);
  const checks = options.checks ?? PROBE_CHECKS;
  const unknown = checks.find((check) => !PROBE_CHECKS.includes(check));
  if (unknown !== undefined) {
    throw argumentError(
      'ERR_INVALID_ARG_VALUE',
      `checks must be of ${PROBE_CHECKS.join(', ')}, not ${unknown}`,
    );
  }
  const manners = {
    pause: gentle ? GENTLE_PAUSE : 0,
    parallel: integerWithin('options.parallel', parallel, 1, 16),
    timeout: integerWithin('options.timeout', timeout, 1, LONGEST),
    connections: integerWithin('options.maxConnections', maxConnections, 1, 100_000),
    totalTime: integerWithin('options.totalTime', totalTime, 1, LONGEST),
  };
  const { open, reported } = targetOf(target, manners.timeout);
  endIfAborted(signal);
  const visitor = new Visitor(open, manners, clock, signal);
  const time = new Date(clock.now()).toISOString();
  const asker = new Asker(visitor, reported.servername);
  const unsure = await meet(asker);
  onProgress?.('it speaks TLS');
  const survey = new Survey(asker, new Set(checks), unsure, onProgress ?? (() => undefined));
  const found = await survey.run();
  const partial = {
    format: 'schannel-probe/1' as const,
    target: reported,
    time,
    ...found,
    unsure,
    connections: visitor.connections,
    milliseconds: Math.round(visitor.elapsed),
  };
  return {
    ...partial,
    findings: findingsOf(partial, clock.now()),
    grades: {
      modern: grade(partial, 'modern'),
      intermediate: grade(partial, 'intermediate'),
      'windows-default': grade(partial, 'windows-default'),
    },
  };
}

/** The first hellos to a server, until one is answered. */
const FIRST: readonly TlsVersionName[] = ['TLSv1.2', 'TLSv1.3', 'TLSv1'];

/** Finds out whether there is a TLS server at all. @returns what is unsure from the beginning */
async function meet(asker: Asker): Promise<string[]> {
  const unsure: string[] = [];
  for (const name of FIRST) {
    const offer = { version: TLS_VERSIONS[name], suites: firstSuites(name) };
    let outcome = await asker.ask(offer);
    if (
      outcome.end === 'alert' &&
      alertName(outcome.alert) === 'unrecognized_name' &&
      asker.servername !== null
    ) {
      unsure.push('The server refuses this name. What follows is what it accepts without a name.');
      asker.servername = null;
      outcome = await asker.ask(offer);
    }
    if (outcome.end === 'unreachable') throw unreachable(outcome.error);
    if (outcome.end === 'starttls') throw outcome.error;
    if (outcome.end === 'not-tls') throw notTls(outcome.text);
    if (outcome.end === 'answer') return unsure;
  }
  return unsure;
}

type Surveyed = Pick<ProbeReport, 'versions' | 'groups' | 'certificates' | 'alpn' | 'features'>;

const BEFORE_13 = ['TLSv1.2', 'TLSv1.1', 'TLSv1', 'SSLv3'] as const;

/** The questions to one server, in the order in which their answers are needed. */
class Survey {
  readonly #asker: Asker;
  readonly #checks: ReadonlySet<ProbeCheck>;
  readonly #unsure: string[];
  readonly #tell: (text: string) => void;

  constructor(asker: Asker, checks: ReadonlySet<ProbeCheck>, unsure: string[], tell: (text: string) => void) {
    this.#asker = asker;
    this.#checks = checks;
    this.#unsure = unsure;
    this.#tell = tell;
  }

  async run(): Promise<Surveyed> {
    const asker = this.#asker;
    const ask = async (name: Exclude<TlsVersionName, 'SSLv2'>): Promise<VersionSurvey> => {
      const survey = await surveyVersion(asker, name);
      this.#tell(`${name}: ${survey.report.suites.length} suites`);
      return survey;
    };
    const [tls13, tls12, tls11, tls1, ssl3, ssl2] = await Promise.all([
      ask('TLSv1.3'),
      ask('TLSv1.2'),
      ask('TLSv1.1'),
      ask('TLSv1'),
      ask('SSLv3'),
      this.#ssl2(),
    ]);
    const versions = {
      SSLv2: ssl2,
      SSLv3: ssl3.report,
      TLSv1: tls1.report,
      'TLSv1.1': tls11.report,
      'TLSv1.2': tls12.report,
      'TLSv1.3': tls13.report,
    };
    for (const [name, { refusal }] of Object.entries(versions)) {
      if (refusal?.kind === 'unsure') this.#unsure.push(`${name}: ${refusal.text}.`);
    }
    const best = BEFORE_13.find((name) => versions[name].offered === true) ?? null;
    const groups13 = this.#groupsOf13(versions['TLSv1.3'], tls13);
    const [new13, before, dhBits, shown, features] = await Promise.all([
      groups13,
      this.#before13(best, versions),
      this.#dhBits(best, versions),
      groups13.then((found) => this.#certificates(versions, best, found)),
      this.#features(versions, best),
    ]);
    const alpn = this.#checks.has('alpn')
      ? await alpnOf(asker, best, suitesOf(versions, best), openedSuites(versions), ownGroup(new13))
      : null;
    return {
      versions,
      groups: { 'TLSv1.3': new13, before, dhBits },
      certificates: shown.reports,
      alpn,
      features: { ...features, needsServername: shown.needsServername },
    };
  }

  async #ssl2(): Promise<VersionReport> {
    const outcome = await this.#asker.askSsl2();
    const base = { suites: [], order: null };
    if (outcome.end === 'ssl2') return { ...base, offered: true, refusal: null };
    // Servers without SSL 2 close the connection, send an alert, or wait for more of what they take for a record.
    const isSilent = outcome.end === 'timeout' || outcome.end === 'garbled' || outcome.end === 'not-tls';
    const refusal = refusalOf(outcome);
    const isUnsure = refusal.kind === 'unsure' && !isSilent && outcome.end !== 'cut';
    return {
      ...base,
      offered: isUnsure ? null : false,
      refusal: isUnsure ? refusal : { ...refusal, kind: 'cut' },
    };
  }

  async #groupsOf13(
    { suites, offered }: VersionReport,
    { shares }: VersionSurvey,
  ): Promise<readonly string[] | null> {
    if (offered !== true || !this.#checks.has('groups')) {
      const [first] = suites;
      return first?.group == null ? null : [first.group];
    }
    const ids = suites.map(({ id }) => id);
    return this.#names('groups of TLS 1.3', await groupsOf13(this.#asker, ids, shares));
  }

  #names(what: string, { found, refusal }: Elimination<number>): readonly string[] {
    if (refusal?.kind === 'unsure') this.#unsure.push(`${what}: ${refusal.text}.`);
    this.#tell(`${found.length} ${what}`);
    return found.map(groupName);
  }

  async #before13(
    best: TlsVersionName | null,
    versions: ProbeReport['versions'],
  ): Promise<readonly string[] | null> {
    if (best === null || !this.#checks.has('groups')) return null;
    const found = await curvesOf(this.#asker, TLS_VERSIONS[best], suitesOf(versions, best));
    return found && this.#names(`curves of ${best}`, found);
  }

  async #dhBits(best: TlsVersionName | null, versions: ProbeReport['versions']): Promise<number | null> {
    if (best === null || !this.#checks.has('groups')) return null;
    return dhBitsOf(this.#asker, TLS_VERSIONS[best], suitesOf(versions, best));
  }

  async #certificates(
    versions: ProbeReport['versions'],
    best: TlsVersionName | null,
    groups: readonly string[] | null,
  ): Promise<{ readonly reports: readonly CertificateReport[]; readonly needsServername: boolean | null }> {
    if (!this.#checks.has('certificates')) return { reports: [], needsServername: null };
    const asker = this.#asker;
    const before =
      best === null
        ? []
        : suitesByKey(suitesOf(versions, best)).map((suites) => certificatesBefore13(asker, best, suites));
    const group = ownGroup(groups);
    const suites = openedSuites(versions);
    const is13 = versions['TLSv1.3'].offered === true;
    const canOpen = is13 && group !== null && suites.length > 0;
    if (is13 && !canOpen)
      this.#unsure.push('certificates of TLS 1.3: no common group or suite to open its flight.');
    const new13 = canOpen
      ? SCHEMES_BY_KEY.map(async (schemes) =>
          certificatesIn13(await flight13(asker, suites, group, { schemes })),
        )
      : [];
    const all = await Promise.all([...before, ...new13]);
    const shown = unique(all.filter((each) => each !== null));
    this.#tell(`${shown.length} certificates`);
    const nameless = await this.#nameless(versions, best, group);
    return {
      reports: shown.map(({ report }) => report),
      needsServername:
        asker.servername === null || shown.length === 0
          ? null
          : !shown.some((each) => isSame(each, nameless)),
    };
  }

  /** What the server shows to a client that sends no name. */
  async #nameless(
    versions: ProbeReport['versions'],
    best: TlsVersionName | null,
    group: number | null,
  ): Promise<ShownCertificates | null> {
    if (this.#asker.servername === null) return null;
    if (best !== null) return certificatesBefore13(this.#asker, best, suitesOf(versions, best), null);
    if (group === null) return null;
    return certificatesIn13(await flight13(this.#asker, openedSuites(versions), group, { servername: null }));
  }

  async #features(
    versions: ProbeReport['versions'],
    best: TlsVersionName | null,
  ): Promise<Omit<FeaturesReport, 'needsServername'>> {
    if (best === null || !this.#checks.has('features')) return { ...NO_HELLO_FEATURES, fallbackScsv: null };
    const lower = (['TLSv1.2', ...BEFORE_13] as const).find(
      (name) => versions[name].offered === true && (name !== best || versions['TLSv1.3'].offered === true),
    );
    const [hello, fallbackScsv] = await Promise.all([
      helloFeatures(this.#asker, best, suitesOf(versions, best)),
      lower === undefined ? null : refusesFallback(this.#asker, lower, suitesOf(versions, lower)),
    ]);
    return { ...hello, fallbackScsv };
  }
}

const suitesOf = (versions: ProbeReport['versions'], name: TlsVersionName | null): readonly number[] =>
  name === null ? [] : versions[name].suites.map(({ id }) => id);

const openedSuites = (versions: ProbeReport['versions']): readonly number[] =>
  suitesOf(versions, 'TLSv1.3').filter((suite) => OPENED_SUITES.includes(suite));

/** The first of the server's groups in which we can make a key exchange. */
function ownGroup(groups: readonly string[] | null): number | null {
  return SHARED_GROUPS.find((group) => groups?.includes(groupName(group)) === true) ?? null;
}

const isSame = (one: ShownCertificates, other: ShownCertificates | null): boolean =>
  other !== null && one.report.chain[0]?.fingerprint256 === other.report.chain[0]?.fingerprint256;

/** A certificate that was shown twice in the same version is reported once. */
const unique = (shown: readonly ShownCertificates[]): ShownCertificates[] =>
  shown.filter(
    (one, index) =>
      shown.findIndex((other) => isSame(one, other) && one.report.version === other.report.version) === index,
  );
