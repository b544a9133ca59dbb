import { groupName } from '../../formats/tls-wire/groups.js';
import { alpnOf } from './alpn.js';
import type { Asker } from './asker.js';
import { surveyCertificates, type SurveyedCertificates } from './survey-certificates.js';
import type { ProbeCheck } from './checks.js';
import type { Elimination } from './eliminate.js';
import { helloFeatures, NO_HELLO_FEATURES, type HelloFeatures, refusesFallback } from './features.js';
import { OPENED_SUITES } from './flight-13.js';
import { curvesOf, dhBitsOf } from './key-exchange.js';
import { SHARED_GROUPS } from './key-shares.js';
import { suitesFor } from './offered-suites.js';
import type { Clear, Opened } from './spoken.js';
import type { Outcome } from './outcome.js';
import { NO_SESSIONS, surveySessions, type SessionsReport } from './sessions.js';
import { surveySignatures } from './signatures.js';
import { NO_TOLERANCE, surveyTolerance } from './tolerance.js';
import type {
  FeaturesReport,
  ProbeReport,
  SignaturesReport,
  ToleranceReport,
  VersionReport,
} from './report.js';
import { surveySsl2 } from './ssl2.js';
import { groupsOf13, meetVersion, surveyVersion, type FirstAnswer, type HelloVersion } from './versions.js';

type Surveyed = Pick<
  ProbeReport,
  'versions' | 'groups' | 'certificates' | 'alpn' | 'features' | 'resumption' | 'tolerance' | 'signatures'
>;

/** Known at once, or when more was answered; null if there is none. */
type Soon<Value> = Value | null | Promise<Value | null>;

const BEFORE_13 = ['TLSv1.2', 'TLSv1.1', 'TLSv1', 'SSLv3'] as const;

/** The questions to one server. What does not need another answer is asked side by side. */
export class Survey {
  readonly #asker: Asker;
  readonly #checks: ReadonlySet<ProbeCheck>;
  readonly #tell: (text: string) => void;

  constructor(asker: Asker, checks: ReadonlySet<ProbeCheck>, tell: (text: string) => void) {
    this.#asker = asker;
    this.#checks = checks;
    this.#tell = tell;
  }

  /** @param met what was answered before */
  async run(met: ReadonlyMap<HelloVersion, Outcome>): Promise<Surveyed> {
    const asker = this.#asker;
    const first = (name: HelloVersion): Promise<FirstAnswer> => meetVersion(asker, name, met.get(name));
    const [tls13, ...before13] = await Promise.all([
      first('TLSv1.3'),
      first('TLSv1.2'),
      first('TLSv1.1'),
      first('TLSv1'),
      first('SSLv3'),
    ]);
    const versions = this.#versions(tls13, ...before13);
    const groups13 = this.#groupsOf13(tls13);
    // What was answered first is enough for most of it. Only otherwise it has to wait for all suites or groups.
    const clear = clearBy(before13) ?? versions.then(clearOf);
    const opened = openedBy(tls13) ?? groups13.then(openedOf);
    const [before, dhBits, shown, features, alpn, sessions, tolerance, signatures] = await Promise.all([
      this.#curves(clear),
      versions.then((found) => this.#dhBits(clearOf(found))),
      this.#certificates(tls13, clear, versions.then(clearOf), opened),
      versions.then((found) => this.#features(found, clearOf(found))),
      this.#alpn(clear, opened),
      versions.then((found) => this.#sessions(found)),
      versions.then((found) => this.#tolerance(found)),
      this.#signatures(clear, opened),
    ]);
    return {
      versions: await versions,
      groups: { 'TLSv1.3': await groups13, before, dhBits },
      certificates: shown.reports,
      alpn,
      features: {
        ...features,
        needsServername: shown.needsServername,
        nameRefused: asker.isNameRefused ? true : asker.servername === null ? null : false,
        clientRenegotiation: sessions.clientRenegotiation,
      },
      resumption: sessions.resumption,
      tolerance,
      signatures,
    };
  }

  async #versions(
    ...firsts: readonly [FirstAnswer, FirstAnswer, FirstAnswer, FirstAnswer, FirstAnswer]
  ): Promise<ProbeReport['versions']> {
    const ask = async (first: FirstAnswer): Promise<VersionReport> => {
      const report = await surveyVersion(this.#asker, first);
      this.#asker.doubt(first.name, report.refusal);
      this.#tell(`${first.name}: ${report.suites.length} suites`);
      return report;
    };
    const ssl2 = surveySsl2(this.#asker);
    const [tls13, tls12, tls11, tls1, ssl3] = firsts;
    const all = await Promise.all([ssl2, ask(ssl3), ask(tls1), ask(tls11), ask(tls12), ask(tls13)]);
    this.#asker.doubt('SSLv2', all[0].refusal);
    return {
      SSLv2: all[0],
      SSLv3: all[1],
      TLSv1: all[2],
      'TLSv1.1': all[3],
      'TLSv1.2': all[4],
      'TLSv1.3': all[5],
    };
  }

  async #groupsOf13({ choice, shares }: FirstAnswer): Promise<readonly string[] | null> {
    if (!('chosen' in choice)) return null;
    const { group } = choice.chosen;
    if (!this.#checks.has('groups')) return group === null ? null : [groupName(group)];
    return this.#names('groups of TLS 1.3', await groupsOf13(this.#asker, shares));
  }

  async #curves(clear: Soon<Clear>): Promise<readonly string[] | null> {
    const spoken = this.#checks.has('groups') ? await clear : null;
    if (spoken === null) return null;
    const found = await curvesOf(this.#asker, spoken);
    return found && this.#names(`curves of ${spoken.name}`, found);
  }

  async #dhBits(clear: Clear | null): Promise<number | null> {
    return clear !== null && this.#checks.has('groups') ? dhBitsOf(this.#asker, clear) : null;
  }

  async #alpn(clear: Soon<Clear>, opened: Soon<Opened>): Promise<readonly string[] | null> {
    if (!this.#checks.has('alpn')) return null;
    const spoken = await clear;
    // In the clear it takes less.
    return alpnOf(this.#asker, spoken, spoken === null ? await opened : null);
  }

  #names(what: string, { found, refusal }: Elimination<number>): readonly string[] {
    this.#asker.doubt(what, refusal);
    this.#tell(`${found.length} ${what}`);
    return found.map(groupName);
  }

  async #certificates(
    { choice }: FirstAnswer,
    clear: Soon<Clear>,
    known: Promise<Clear | null>,
    opened: Soon<Opened>,
  ): Promise<SurveyedCertificates> {
    if (!this.#checks.has('certificates')) return { reports: [], needsServername: null };
    if ('chosen' in choice && (await opened) === null) {
      const text = 'no common group or suite to open its flight';
      this.#asker.doubt('certificates of TLS 1.3', { kind: 'unsure', text });
    }
    const found = await surveyCertificates(this.#asker, await clear, known, await opened);
    this.#tell(`${found.reports.length} certificates`);
    return found;
  }

  async #sessions(versions: ProbeReport['versions']): Promise<SessionsReport> {
    if (!this.#checks.has('sessions')) return NO_SESSIONS;
    return surveySessions(this.#asker, clearOf(versions), versions['TLSv1.3'].offered === true);
  }

  async #tolerance(versions: ProbeReport['versions']): Promise<ToleranceReport> {
    const best = (['TLSv1.3', ...BEFORE_13] as const).find((name) => versions[name].offered === true);
    if (best === undefined || !this.#checks.has('tolerance')) return NO_TOLERANCE;
    return surveyTolerance(this.#asker, { name: best, suites: suitesOf(versions, best) });
  }

  async #signatures(clear: Soon<Clear>, opened: Soon<Opened>): Promise<SignaturesReport> {
    if (!this.#checks.has('signatures')) return { 'TLSv1.2': null, 'TLSv1.3': null };
    return surveySignatures(this.#asker, await clear, await opened);
  }

  async #features(
    versions: ProbeReport['versions'],
    clear: Clear | null,
  ): Promise<HelloFeatures & Pick<FeaturesReport, 'fallbackScsv'>> {
    if (clear === null || !this.#checks.has('features')) return { ...NO_HELLO_FEATURES, fallbackScsv: null };
    const lower = BEFORE_13.find(
      (name) =>
        versions[name].offered === true && (name !== clear.name || versions['TLSv1.3'].offered === true),
    );
    const [hello, fallbackScsv] = await Promise.all([
      helloFeatures(this.#asker, clear),
      lower === undefined
        ? null
        : refusesFallback(this.#asker, { name: lower, suites: suitesOf(versions, lower) }),
    ]);
    return { ...hello, fallbackScsv };
  }
}

const suitesOf = (versions: ProbeReport['versions'], name: HelloVersion): readonly number[] =>
  versions[name].suites.map(({ id }) => id);

/** The best version before TLS 1.3 of those that were answered at once; null for none. */
function clearBy(firsts: readonly FirstAnswer[]): Clear | null {
  const name = BEFORE_13.find((each) =>
    firsts.some((first) => first.name === each && 'chosen' in first.choice),
  );
  return name === undefined ? null : { name, suites: suitesFor(name).first };
}

/** The best version before TLS 1.3, and what the server has there; null if it has none. */
function clearOf(versions: ProbeReport['versions']): Clear | null {
  const name = BEFORE_13.find((each) => versions[each].offered === true);
  return name === undefined ? null : { name, suites: suitesOf(versions, name) };
}

/** With the group that the server chose first; null if we do not have it. */
function openedBy({ choice }: FirstAnswer): Opened | null {
  const group = 'chosen' in choice ? choice.chosen.group : null;
  return group === null || !SHARED_GROUPS.includes(group) ? null : { suites: OPENED_SUITES, group };
}

/** With the first of all groups that we have; null for none. */
function openedOf(groups: readonly string[] | null): Opened | null {
  const group = SHARED_GROUPS.find((each) => groups?.includes(groupName(each)) === true);
  return group === undefined ? null : { suites: OPENED_SUITES, group };
}
