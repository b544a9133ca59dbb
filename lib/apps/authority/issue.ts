import { KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type CertificateRequest } from '../../formats/request/certificate-request.js';
import { readRequest } from '../../formats/request/request-reader.js';
import { CertificateContents } from '../../formats/x509/certificate-contents.js';
import { pemOfCertificate } from '../../formats/x509/certificate-of.js';
import { newSerialNumber, signCertificate } from '../../formats/x509/certificate-writer.js';
import { isEmptyName } from '../../formats/x509/subject.js';
import { invalidType } from '../../base/errors/argument-error.js';
import { toHex } from '../../base/text/hex.js';
import { type Constraints, extensionsFor } from './certificate-extensions.js';
import { type AuthorityContext, recordingSigner } from './context.js';
import { type CertificateWish, type Decision, type Draft, draftOf, type DraftOptions } from './draft.js';
import { badTemplate, refusedBecause } from './errors.js';
import type { Change } from './ledger.js';
import { reasonsAgainst } from './rules.js';
import { hashOf } from './state.js';
import { checkTemplate, parseTemplate, type Template, TEMPLATES } from './template.js';

/** What gets a certificate: a request (PKCS #10) as PEM or DER, one that was read, or a key with names. */
export type Asked = string | Uint8Array | CertificateRequest | CertificateWish;

export interface IssueOptions extends DraftOptions {
  /**
   * Name of a template: 'server' (default), 'client', 'server-client', 'email', 'code-signing', 'issuing', 'ocsp', or
   * of a
   * file in the folder 'templates' of the authority; or the template itself.
   */
  readonly template?: string | Template | undefined;
  /** Only say what would be issued. Default false. */
  readonly dryRun?: boolean | undefined;
  /** For an authority: what it may issue for. Default everything that this authority may. */
  readonly constraints?: Constraints | undefined;
}

/** A certificate that was issued, or in a dry run what it would be. */
export interface Issued {
  /** Null in a dry run. */
  readonly certificate: CertificateContents | null;
  /** Issuers of the certificate, its own first. DER. */
  readonly chain: readonly Buffer[];
  /** The certificate and its issuers without the root, PEM: what a server sends. Empty in a dry run. */
  readonly pem: string;
  readonly template: string;
  /** What was asked for, what is given, and why. */
  readonly decisions: readonly Decision[];
}

/** Internal: a certificate that takes the place of another one. */
export interface Renewal {
  readonly renews: string | null;
}

/** @throws TypeError ERR_INVALID_ARG_TYPE */
function checked(asked: CertificateRequest | CertificateWish): CertificateRequest | CertificateWish {
  const key: unknown = Reflect.get(Object(asked), 'publicKey');
  if (key instanceof KeyObject && key.type === 'public') return asked;
  throw invalidType(
    'request',
    'a certificate request, or an object whose publicKey is a public KeyObject',
    asked,
  );
}

/**
 * Issues a certificate.
 *
 * @throws SchannelError ERR_SCHANNEL_CA_REFUSED with all `reasons`, ERR_SCHANNEL_CA_TEMPLATE,
 *   ERR_SCHANNEL_CA_INCOMPLETE, ERR_SCHANNEL_CA_KEY_MISSING, ERR_SCHANNEL_CA_LOCKED, ERR_SCHANNEL_CA_CLOCK, and what
 *   readRequest() and the key throw
 */
export async function issue(
  context: AuthorityContext,
  asked: Asked,
  options: IssueOptions = {},
  { renews }: Renewal = { renews: null },
): Promise<Issued> {
  const wanted =
    typeof asked === 'string' || asked instanceof Uint8Array ? readRequest(asked) : checked(asked);
  const template = await templateOf(context, options.template ?? 'server');
  const draft = (now: number): Draft =>
    draftOf(wanted, template, options, { now, lastMoment: context.authority.contents.validTo });
  const reasons = (draft: Draft, now: number): string[] => [
    ...reasonsAgainst(draft, { authority: context.authority, state: context.state, renews, now }),
    ...(options.constraints !== undefined && template.pathLength === null
      ? ['only an authority can have name constraints']
      : []),
  ];
  if (options.dryRun === true) {
    await context.ledger.refresh();
    const now = context.ledger.system.clock.now();
    const tried = draft(now);
    const found = reasons(tried, now);
    if (found.length > 0) throw refusedBecause(found);
    return answer(context, tried, null);
  }
  context.checkKey();
  return context.ledger.change(async (change) => {
    const made = draft(change.now);
    const found = reasons(made, change.now);
    if (found.length > 0) {
      await recordRefusal(made, found, change);
      throw refusedBecause(found);
    }
    const certificate = await signDraft(
      context,
      made,
      { renews, constraints: options.constraints ?? null },
      change,
    );
    return answer(context, made, certificate);
  });
}

const recordRefusal = (
  { template, subjectText, names, requestHash }: Draft,
  reasons: readonly string[],
  change: Change,
): Promise<void> =>
  change.record({
    event: 'refused',
    template: template.name,
    subject: subjectText.slice(0, 1024),
    names,
    request: requestHash,
    reasons: reasons.map((reason) => reason.slice(0, 1024)),
  });

interface Signing extends Renewal {
  readonly constraints: Constraints | null;
}

/** Records, signs, records again, and only then writes the file: it can be made again from the log. */
async function signDraft(
  context: AuthorityContext,
  draft: Draft,
  { renews, constraints }: Signing,
  change: Change,
): Promise<CertificateContents> {
  const { authority, key, folder, state } = context;
  const serialNumber = freshSerialNumber(state.records);
  const serial = toHex(serialNumber);
  const { template, publicKey, keyUsage, names, encodedSubject, notBefore, notAfter } = draft;
  const signer = recordingSigner(key, (body) =>
    change.record({
      event: 'issuing',
      serial,
      template: template.name,
      subject: draft.subjectText,
      names,
      publicKey: draft.publicKeyHash,
      notBefore: notBefore.toISOString(),
      notAfter: notAfter.toISOString(),
      body,
      request: draft.requestHash,
      renews,
    }),
  );
  const extensions = extensionsFor({
    template,
    publicKey,
    keyUsage,
    names,
    hasSubject: !isEmptyName(encodedSubject),
    issuerKey: authority.keyIdentifier,
    addresses: context.addresses,
    constraints,
  });
  const content = {
    serialNumber,
    subject: encodedSubject,
    issuer: authority.encodedName,
    publicKey,
    notBefore,
    notAfter,
    extensions,
  };
  const der = await signCertificate(content, signer, context.init.padding).catch(async (error: unknown) => {
    // The key did not sign. If even that cannot be recorded, the next change does it.
    if (state.unfinished.has(serial)) await change.record({ event: 'abandoned', serial });
    throw error;
  });
  await change.record({ event: 'issued', serial, sha256: hashOf(der), certificate: der.toString('base64') });
  await folder.write(folder.certificate(serial), pemOfCertificate(der));
  return new CertificateContents(der);
}

/** Two certificates with one number would be one for verifiers. */
function freshSerialNumber(used: ReadonlyMap<string, unknown>): Buffer {
  for (;;) {
    const serialNumber = newSerialNumber();
    if (!used.has(toHex(serialNumber))) return serialNumber;
  }
}

function answer(context: AuthorityContext, draft: Draft, certificate: CertificateContents | null): Issued {
  const { chain } = context.authority;
  return {
    certificate,
    chain,
    pem: certificate === null ? '' : [certificate.raw, ...withoutRoot(chain)].map(pemOfCertificate).join(''),
    template: draft.template.name,
    decisions: draft.decisions,
  };
}

/** A peer has the root, or does not trust it. */
const withoutRoot = (chain: readonly Buffer[]): Buffer[] =>
  chain.filter((der) => !new CertificateContents(der).isSelfIssued);

/** @throws SchannelError ERR_SCHANNEL_CA_TEMPLATE */
export async function templateOf(
  { folder }: AuthorityContext,
  template: string | Template,
): Promise<Template> {
  if (typeof template !== 'string') return checkTemplate(template);
  const builtIn = TEMPLATES.get(template);
  if (builtIn !== undefined) return builtIn;
  if (!/^[a-z0-9][a-z0-9-]{0,63}$/.test(template))
    throw badTemplate(`${JSON.stringify(template.slice(0, 64))} does not exist`);
  const json = await readFile(folder.template(template), 'utf8').catch((cause: unknown) => {
    throw badTemplate(`${template} does not exist`, cause);
  });
  return parseTemplate(json);
}
