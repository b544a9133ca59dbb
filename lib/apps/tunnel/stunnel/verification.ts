import { faultAt, faultIn, sectionText } from '../../../formats/stunnel/fault.js';
import type { AllowRule } from '../options.js';
import type { Notices } from './notices.js';
import type { PlannedTarget, PlannedSource, PlannedTls } from './plan.js';
import type { SectionOptions } from './section-options.js';

/** Who may be at the other end of a section. */
export interface PlannedVerification {
  readonly tls: Pick<
    PlannedTls,
    | 'rejectUnauthorized'
    | 'requestCert'
    | 'ca'
    | 'crl'
    | 'names'
    | 'servername'
    | 'allowPartialTrustChain'
    | 'revocation'
    | 'revocationTimeout'
  >;
  readonly allow?: readonly AllowRule[];
  readonly pins?: readonly PlannedSource[];
  readonly certificateOptional?: boolean;
}

/** What the options `verify`, `verifyChain` and `verifyPeer` ask for; undefined if they don't say. */
interface Asked {
  readonly chain: boolean | undefined;
  readonly peer: boolean | undefined;
}

/**
 * How a section verifies. Without a word about it, clients verify as Windows does: stunnel would not verify at all.
 *
 * @throws SchannelError ERR_SCHANNEL_TUNNEL_CONFIG, ERR_SCHANNEL_TUNNEL_CONFIG_REFUSED
 */
export function verificationOf(
  options: SectionOptions,
  { targets, resolve, notices }: VerificationContext,
): PlannedVerification {
  const asked = askedOf(options);
  const files = trustOf(options, resolve);
  if (asked.peer === true && files.ca === undefined) {
    const line = options.last('verifyPeer') ?? options.last('verify');
    const what = 'Either "CAfile" or "CApath" has to be configured';
    throw line === undefined ? faultAt(options.place, what) : faultIn(line, what);
  }
  return options.flag('client') === true
    ? ofClient(options, asked, files, targets, notices)
    : ofServer(options, asked, files, notices);
}

export interface VerificationContext {
  readonly targets: readonly PlannedTarget[];
  /** Makes a path complete. */
  readonly resolve: (path: string) => string;
  readonly notices: Notices;
}

type Files = Pick<PlannedTls, 'ca' | 'crl' | 'revocation' | 'revocationTimeout'>;

function askedOf(options: SectionOptions): Asked {
  const level = options.number('verify');
  const byLevel: Asked =
    level === undefined
      ? { chain: undefined, peer: undefined }
      : { chain: level >= 1 && level <= 3, peer: level >= 3 };
  return {
    chain: options.flag('verifyChain') ?? byLevel.chain,
    peer: options.flag('verifyPeer') ?? byLevel.peer,
  };
}

function trustOf(options: SectionOptions, resolve: (path: string) => string): Files {
  const sources = (file: string, folder: string): PlannedSource[] => {
    const [named, inFolder] = [options.text(file), options.text(folder)];
    return [
      ...(named === undefined || named === '' ? [] : [{ file: resolve(named) }]),
      ...(inFolder === undefined || inFolder === '' ? [] : [{ folder: resolve(inFolder) }]),
    ];
  };
  const ca = sources('CAfile', 'CApath');
  const crl = sources('CRLfile', 'CRLpath');
  const timeout = options.number('TIMEOUTocsp');
  const revocation = options.flag('OCSPrequire') === false ? 'soft' : 'hard';
  return {
    ...(ca.length === 0 ? {} : { ca }),
    ...(crl.length === 0 ? {} : { crl }),
    ...(options.flag('OCSPaia') === true ? { revocation } : {}),
    ...(timeout === undefined ? {} : { revocationTimeout: timeout * 1000 }),
  };
}

/** The names and addresses that a certificate may have. */
function namesOf(options: SectionOptions): { readonly names: string[]; readonly emails: string[] } {
  const values = (name: string): string[] => options.all(name).map(({ value }) => value);
  return { names: [...values('checkHost'), ...values('checkIP')], emails: values('checkEmail') };
}

const rulesOf = (options: SectionOptions): AllowRule[] => [
  ...options.all('checkHost').map(({ value }) => ({ dns: value })),
  ...options.all('checkIP').map(({ value }) => ({ ip: value })),
  ...options.all('checkEmail').map(({ value }) => ({ email: value })),
];

function ofClient(
  options: SectionOptions,
  { chain, peer }: Asked,
  files: Files,
  targets: readonly PlannedTarget[],
  notices: Notices,
): PlannedVerification {
  const servername = options.text('sni');
  const sni = servername === undefined ? {} : { servername };
  const { names, emails } = namesOf(options);
  const hasNames = names.length + emails.length > 0;
  if (chain === false && peer !== true) {
    refuseNamesWithoutVerification(options);
    notices.say(
      'warning',
      options.place,
      options.name,
      'The server is not verified: anyone can be in the middle',
    );
    return { tls: { ...sni, rejectUnauthorized: false } };
  }
  const pins = peer === true && files.ca !== undefined ? { pins: files.ca } : {};
  // Only the certificate itself has to be known. Its issuer may be unknown.
  const partial = peer === true && chain !== true ? { allowPartialTrustChain: true } : {};
  if (!hasNames && (peer === true || (chain === true && files.ca !== undefined))) {
    if (peer !== true) {
      notices.say(
        'warning',
        options.place,
        options.name,
        'Without "checkHost", every certificate of the authorities in "CAfile" is accepted, for any name',
      );
    }
    return { tls: { ...files, ...sni, ...partial, names: null }, ...pins };
  }
  if (chain === undefined && peer === undefined) {
    notices.say(
      'notice',
      options.place,
      options.name,
      'The server is verified, although the file does not ask for it: its certificate must be trusted and have the right name. "verifyChain = no" turns that off',
    );
  }
  if (emails.length > 0) {
    return { tls: { ...files, ...sni, ...partial, names: null }, allow: rulesOf(options), ...pins };
  }
  if (names.length > 0) return { tls: { ...files, ...sni, ...partial, names }, ...pins };
  // Without a name in the handshake, the name of the target is still what the certificate must have.
  const hosts = targets.flatMap((target) => ('host' in target ? [target.host] : []));
  if (hosts.length === 0 && (servername ?? '') === '') {
    throw faultAt(
      options.place,
      `Service ${sectionText(options.name)}: The name that the certificate must have is not known`,
      'Give it "checkHost" or "sni".',
    );
  }
  return { tls: { ...files, ...sni, ...partial, ...(servername === '' ? { names: hosts } : {}) }, ...pins };
}

function refuseNamesWithoutVerification(options: SectionOptions): void {
  const line = options.last('checkHost') ?? options.last('checkIP') ?? options.last('checkEmail');
  if (line === undefined) return;
  throw faultIn(
    line,
    'A name can only be checked if the certificate is verified',
    'Set "verifyChain = yes".',
  );
}

function ofServer(
  options: SectionOptions,
  { chain, peer }: Asked,
  files: Files,
  notices: Notices,
): PlannedVerification {
  // Only level 1 lets clients come without a certificate.
  const isOptional =
    options.text('verify') === '1' &&
    options.flag('verifyChain') === undefined &&
    options.flag('requireCert') !== true;
  const rules = rulesOf(options);
  if (chain === true || peer === true) {
    return {
      tls: {
        ...files,
        requestCert: true,
        rejectUnauthorized: true,
        ...(peer === true && chain !== true ? { allowPartialTrustChain: true } : {}),
      },
      ...(isOptional ? { certificateOptional: true } : {}),
      ...(rules.length === 0 ? {} : { allow: rules }),
      ...(peer === true && files.ca !== undefined ? { pins: files.ca } : {}),
    };
  }
  refuseNamesWithoutVerification(options);
  if (options.flag('requireCert') === true) {
    notices.say(
      'warning',
      options.place,
      options.name,
      'Clients must have a certificate, but any is accepted. "verifyChain = yes" verifies it',
    );
    return { tls: { requestCert: true, rejectUnauthorized: false } };
  }
  for (const name of ABOUT_CERTIFICATES) {
    const line = options.last(name);
    if (line !== undefined)
      notices.note(line, 'It has no effect, because clients are asked for no certificate');
  }
  return { tls: {} };
}

const ABOUT_CERTIFICATES = ['CAfile', 'CApath', 'CRLfile', 'CRLpath'];
