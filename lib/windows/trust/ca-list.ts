import { ReadBudget } from '../../formats/asn1/read-budget.js';
import { readElement } from '../../formats/asn1/element.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import type { Role } from '../../native/binding.js';
import { certificateOf } from '../../formats/x509/certificate-of.js';
import { kindOfDer, kindOfLabel } from '../../formats/pem/content-kind.js';
import { sourcesOf } from '../../formats/pem/option-sources.js';
import { otherContent } from '../../formats/pem/other-content.js';
import { certificatesOfP7b } from '../../formats/x509/p7b.js';
import { recognize, type Source } from '../../formats/pem/source.js';
import type { PemBlock } from '../../formats/pem/pem-reader.js';
import { EVERYBODY, trustedFor } from './trust-settings.js';

/** One element of the `ca` option: PEM (one certificate or several, with any text between them), DER, or P7B. */
export type CaSource = string | Uint8Array;

/** A certificate that a chain may end with. */
export interface Authority {
  readonly der: Uint8Array;
  /** The roles it is trusted for: server certificates, client certificates. */
  readonly trustedFor: readonly Role[];
}

/**
 * Every certificate in the `ca` option, in order. An empty list has none, and trusts nobody.
 *
 * @param option its name in errors
 * @throws TypeError ERR_INVALID_ARG_TYPE for what is neither string nor bytes
 * @throws SchannelError ERR_SCHANNEL_OPTION_CERTIFICATE for a certificate that cannot be read, and for a source
 *   without certificates; ERR_SCHANNEL_IMPORT_DAMAGED, ERR_SCHANNEL_IMPORT_TOO_LARGE for a P7B
 */
export const parseCaList = (ca: CaSource | readonly CaSource[], option = 'ca'): Authority[] =>
  sourcesOf(ca, `options.${option}`).flatMap((source) => authoritiesIn(source, option));

/** An authority without trust settings. */
export const authority = (der: Uint8Array): Authority => ({ der, trustedFor: EVERYBODY });

/** DER of the authorities that are trusted for this role. */
export const anchorsFor = (authorities: readonly Authority[], role: Role): Uint8Array[] =>
  authorities.filter((one) => one.trustedFor.includes(role)).map(({ der }) => der);

function authoritiesIn(source: Source, option: string): Authority[] {
  const budget = new ReadBudget();
  const recognized = recognize(source, budget);
  const authorities =
    recognized.kind === 'pem'
      ? recognized.blocks.flatMap((block) => ofBlock(block, budget, option))
      : ofDer(recognized.bytes, budget, option);
  if (authorities.length > 0) return authorities;
  const { what, advice } = otherContent(source);
  throw refusal(
    `The option ${option} holds no certificate: it is ${what}`,
    advice ?? 'Give PEM with the line "-----BEGIN CERTIFICATE-----", DER or P7B.',
  );
}

function ofBlock({ label, der }: PemBlock, budget: ReadBudget, option: string): Authority[] {
  switch (kindOfLabel(label)) {
    case 'certificate':
      return [label === 'TRUSTED CERTIFICATE' ? withSettings(der, option) : authority(read(der, option))];
    case 'p7b':
      return ofP7b(der, budget, option);
    default:
      return [];
  }
}

/** Unknown content counts as a damaged certificate. */
function ofDer(bytes: Uint8Array, budget: ReadBudget, option: string): Authority[] {
  const kind = kindOfDer(bytes);
  if (kind === 'p7b') return ofP7b(bytes, budget, option);
  return kind === 'certificate' || kind === null ? [authority(read(bytes, option))] : [];
}

const ofP7b = (der: Uint8Array, budget: ReadBudget, option: string): Authority[] =>
  certificatesOfP7b(readElement(der, budget)).map((one) => authority(read(one, option)));

function withSettings(der: Uint8Array, option: string): Authority {
  const raw = read(der, option);
  return { der: raw, trustedFor: trustedFor(der.subarray(raw.length)) };
}

/** Only the certificate, without what follows it. */
function read(der: Uint8Array, option: string): Uint8Array {
  try {
    return certificateOf(der).raw;
  } catch (cause) {
    throw refusal(
      `The option ${option} holds a certificate that cannot be read`,
      'Check that the file is complete and that it is PEM, DER or P7B.',
      cause,
    );
  }
}

const refusal = (message: string, advice: string, cause?: unknown): SchannelError =>
  new SchannelError('ERR_SCHANNEL_OPTION_CERTIFICATE', message, {
    phase: 'credential',
    advice,
    ...(cause === undefined ? {} : { cause }),
  });
