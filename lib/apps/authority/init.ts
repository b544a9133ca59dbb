import { argumentError, integerWithin } from '../../base/errors/argument-error.js';
import { type SchannelError } from '../../base/errors/schannel-error.js';
import { readRequest } from '../../formats/request/request-reader.js';
import { requestedExtensions, signRequest } from '../../formats/request/request-writer.js';
import { toPem } from '../../formats/pem/pem-writer.js';
import type { Source } from '../../formats/pem/source.js';
import { alternativeNames } from '../../formats/x509/alternative-names.js';
import { readBundle } from '../../formats/x509/bundle.js';
import { CertificateContents } from '../../formats/x509/certificate-contents.js';
import { certificateInFile, pemOfCertificate } from '../../formats/x509/certificate-of.js';
import { signCertificate } from '../../formats/x509/certificate-writer.js';
import { commonNameOf, readName } from '../../formats/x509/distinguished-name.js';
import { networkOctets } from '../../formats/x509/ip-address.js';
import { isSelfSigned, issuersAbove } from '../../formats/x509/issuers.js';
import type { RsaPadding } from '../../formats/x509/signature-algorithm.js';
import {
  basicConstraints,
  type EncodedExtension,
  type NameTrees,
  rawExtension,
} from '../../formats/x509/extension-writer.js';
import { NAME_CONSTRAINTS } from '../../formats/x509/name-constraints.js';
import { extensionValues, outlineOf } from '../../formats/x509/outline.js';
import { type EncodedName, parseSubject } from '../../formats/x509/subject.js';
import { fileNameOf, publicUrl } from './addresses.js';
import type { AuthorityKey, AuthorityKeyOptions } from './authority-key.js';
import { type Constraints, extensionsFor } from './certificate-extensions.js';
import type { AuthorityContext } from './context.js';
import { beginsAt, daysAfter } from './draft.js';
import { refusedBecause } from './errors.js';
import type { InitEvent } from './events.js';
import type { Change } from './ledger.js';
import { keyOf } from './rules.js';
import { type Template, TEMPLATES } from './template.js';

/** What names an authority may issue for. */
export interface ConstraintOptions {
  readonly permitted?: ConstraintNames | undefined;
  readonly excluded?: ConstraintNames | undefined;
}

export interface ConstraintNames {
  /** 'bar.example' stands for itself and all names below it. */
  readonly dns?: readonly string[] | undefined;
  /** Networks: '10.0.0.0/8', 'fc00::/7', or one address. */
  readonly ip?: readonly string[] | undefined;
  /** A mailbox, a host, or with a dot in front all hosts below it. */
  readonly email?: readonly string[] | undefined;
}

/** How an authority begins. */
export interface InitOptions extends ConstraintOptions {
  /** 'CN=Example Root, O=Example, C=DE'. Authorities of one chain need different common names. */
  readonly subject: string;
  /**
   * Where the key is: in a file, `{ passphrase }`, or in Windows, `{ windows: {} }`. Default: a new RSA key of 3072
   * bits in
   * Windows that cannot be exported.
   */
  readonly key?: AuthorityKeyOptions | undefined;
  /** 'root' signs its own certificate. 'issuing' needs one of another authority. Default 'root'. */
  readonly template?: 'root' | 'issuing' | undefined;
  /** Days of validity of a root, 1 to 9125. Default 3650. An issuing authority gets what its issuer decides. */
  readonly days?: number | undefined;
  /** How many authorities may be below a root. Default 1. */
  readonly pathLength?: number | undefined;
  /**
   * 'http://pki.example/': the folder in which verifiers find its certificate, its revocation list and its responder.
   * It
   * stands in every certificate and cannot be changed. Default none: then nobody learns of revocations by itself.
   */
  readonly url?: string | undefined;
  /** How an RSA key signs. Default 'pkcs1', which every program reads. */
  readonly padding?: RsaPadding | undefined;
}

/** Options after the check. */
export interface InitPlan {
  readonly subject: EncodedName;
  readonly template: 'root' | 'issuing';
  readonly days: number;
  readonly pathLength: number;
  readonly url: string | null;
  readonly padding: RsaPadding;
  readonly name: string;
  readonly constraints: Constraints | null;
}

/** @throws TypeError ERR_INVALID_ARG_VALUE, RangeError ERR_OUT_OF_RANGE */
export function planInit(options: InitOptions): InitPlan {
  const { template = 'root', days = 3650, pathLength = 1, url, padding = 'pkcs1' } = options;
  oneOf('template', ['root', 'issuing'], template);
  oneOf('padding', ['pkcs1', 'pss'], padding);
  integerWithin('days', days, 1, 9125);
  integerWithin('pathLength', pathLength, 0, 9);
  const subject = parseSubject(options.subject);
  const commonName = commonNameOf(readName(subject));
  if (commonName === null || commonName.length > 64) {
    throw invalid('subject', "a name with a common name of at most 64 characters, such as 'CN=Example Root'");
  }
  return {
    subject,
    template,
    days,
    pathLength,
    url: url === undefined ? null : publicUrl(url),
    padding,
    name: fileNameOf(commonName),
    constraints: constraintsOf(options),
  };
}

function oneOf(name: string, allowed: readonly string[], value: string): void {
  if (!allowed.includes(value)) throw invalid(name, `'${allowed.join("' or '")}'`);
}

const invalid = (name: string, what: string): TypeError =>
  argumentError('ERR_INVALID_ARG_VALUE', `The property '${name}' must be ${what}`);

/** @throws TypeError ERR_INVALID_ARG_VALUE */
export function constraintsOf({ permitted = {}, excluded = {} }: ConstraintOptions): Constraints | null {
  const all = [permitted, excluded].flatMap(({ dns = [], ip = [], email = [] }) => [...dns, ...ip, ...email]);
  return all.length === 0 ? null : { permitted: treesOf(permitted), excluded: treesOf(excluded) };
}

function treesOf({ dns = [], ip = [], email = [] }: ConstraintNames): NameTrees {
  return {
    dns: alternativeNames({ dns: dns.map((name) => name.replace(/^\./, '')) }).dns,
    ip: ip.map((text) => {
      const network = networkOctets(text);
      if (network === null) throw invalid('ip', `networks such as '10.0.0.0/8'. Received '${text}'`);
      return network;
    }),
    email: email.map((text) => {
      if (/^[!-~]{1,255}$/.test(text)) return text;
      throw invalid('email', 'mailboxes or hosts');
    }),
  };
}

export const initEvent = (plan: InitPlan, key: AuthorityKey): InitEvent => ({
  event: 'init',
  version: 1,
  template: plan.template,
  subject: Buffer.from(plan.subject).toString('base64'),
  name: plan.name,
  key: key.reference,
  publicKey: spkiOf(key).toString('base64'),
  padding: plan.padding,
  url: plan.url,
  lists: 0,
});

const spkiOf = ({ publicKey }: AuthorityKey): Buffer => publicKey.export({ type: 'spki', format: 'der' });

/** The template of an authority's own certificate. @throws Error if there is none, which cannot be */
export function ownTemplate(name: 'root' | 'issuing'): Template {
  const template = TEMPLATES.get(name);
  if (template === undefined) throw new RangeError(name);
  return template;
}

/** Refuses a key that the template does not allow, before anything is signed. */
export function checkOwnKey(plan: InitPlan, key: AuthorityKey): void {
  const reasons = keyOf(key.publicKey, ownTemplate(plan.template));
  if (reasons.length > 0) throw refusedBecause(reasons);
}

/** Signs the certificate of a root by its own key, and records it. */
export async function certifyRoot(context: AuthorityContext, plan: InitPlan, change: Change): Promise<void> {
  const { subject, days, pathLength, constraints } = plan;
  await signOwn(context, { subject, days, pathLength, constraints, more: [] }, change);
}

/** The same again for a root that has one: same name, key and constraints. Certificates below it fit to both. */
export async function recertifyRoot(context: AuthorityContext, days: number, change: Change): Promise<void> {
  const { encodedName, pathLength, contents } = context.authority;
  const limits = extensionValues(outlineOf(contents.raw)).get(NAME_CONSTRAINTS);
  const more = limits === undefined ? [] : [rawExtension(NAME_CONSTRAINTS, limits, true)];
  await signOwn(context, { subject: encodedName, days, pathLength, constraints: null, more }, change);
}

interface OwnCertificate extends Pick<InitPlan, 'subject' | 'days' | 'constraints'> {
  /** Null for any number. */
  readonly pathLength: number | null;
  readonly more: readonly EncodedExtension[];
}

async function signOwn(context: AuthorityContext, own: OwnCertificate, change: Change): Promise<void> {
  const { key, init } = context;
  const { keyUsage } = ownTemplate('root');
  const template = { ...ownTemplate('root'), pathLength: own.pathLength ?? 0 };
  const [, ...extensions] = extensionsFor({
    template,
    publicKey: key.publicKey,
    keyUsage,
    names: alternativeNames({}),
    hasSubject: true,
    issuerKey: null,
    addresses: null,
    constraints: own.constraints,
  });
  const content = {
    subject: own.subject,
    issuer: own.subject,
    publicKey: key.publicKey,
    notBefore: beginsAt(change.now),
    notAfter: daysAfter(change.now, own.days),
    // Roots of other programs often allow any number of authorities below them, which no template does.
    extensions: [basicConstraints(true, own.pathLength ?? undefined), ...extensions, ...own.more],
  };
  await adopt(context, await signCertificate(content, key, init.padding), [], change);
}

/** The request of an issuing authority, PEM; also written to its folder. */
export async function requestFor(
  context: AuthorityContext,
  plan: Pick<InitPlan, 'subject'>,
): Promise<string> {
  const { key, init, folder } = context;
  const { keyUsage } = ownTemplate('issuing');
  const fields = { names: alternativeNames({}), keyUsage, extendedKeyUsage: [], template: null };
  const content = { subject: plan.subject, extensions: requestedExtensions(fields, true) };
  const pem = toPem('CERTIFICATE REQUEST', await signRequest(content, key, init.padding));
  // Reading it proves that the key signs and that others will read it.
  readRequest(pem);
  await folder.write(folder.request, pem);
  return pem;
}

/**
 * Takes the certificate of an authority that another one has signed, with the issuers in the same file.
 *
 * @throws SchannelError ERR_SCHANNEL_CA_REFUSED if none is for this authority, and what reading a file throws
 */
export async function complete(context: AuthorityContext, source: Source): Promise<void> {
  const { certificates } = readBundle(source);
  const parsed = certificates.map(certificateInFile);
  const publicKey = Buffer.from(context.init.publicKey, 'base64');
  const own = parsed.find((each) => each.publicKey.export({ type: 'spki', format: 'der' }).equals(publicKey));
  if (own === undefined) throw wrongCertificate('the file has no certificate for the key of this authority');
  if (!own.ca) throw wrongCertificate('the certificate is not that of an authority');
  if (!new CertificateContents(own.raw).subjectName.length) throw wrongCertificate('it has no subject');
  const chain = isSelfSigned(own) ? [] : issuersAbove(own, parsed, 'signature');
  await context.ledger.change((change) =>
    adopt(
      context,
      own.raw,
      chain.map(({ raw }) => raw),
      change,
    ),
  );
}

const wrongCertificate = (what: string): SchannelError => refusedBecause([what]);

/** Records the authority's own certificate, and writes the file with its chain. */
export async function adopt(
  { folder }: AuthorityContext,
  certificate: Buffer,
  chain: readonly Buffer[],
  change: Change,
): Promise<void> {
  await change.record({
    event: 'authority',
    certificate: certificate.toString('base64'),
    chain: chain.map((each) => each.toString('base64')),
  });
  await folder.write(folder.chain, [certificate, ...chain].map(pemOfCertificate).join(''));
}
