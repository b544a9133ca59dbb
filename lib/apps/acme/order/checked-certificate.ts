import type { KeyObject } from 'node:crypto';
import { SchannelError } from '../../../base/errors/schannel-error.js';
import { printable, printableList } from '../../../base/text/printable.js';
import type { CertificateContents } from '../../../formats/x509/certificate-contents.js';
import { commonNameOf } from '../../../formats/x509/distinguished-name.js';
import { canonicalAddress } from '../../../formats/x509/ip-address.js';
import type { Chain } from '../protocol/client.js';
import type { Identifier } from '../protocol/resources.js';

/** What a certificate must be in order to be of use. */
export interface ExpectedCertificate {
  readonly publicKey: KeyObject;
  readonly names: readonly Identifier[];
  readonly now: Date;
  /** Common name of the authority at the top of the preferred chain. */
  readonly preferredChain?: string | undefined;
}

/** Clocks differ, and not every authority dates its certificates back. */
const TOLERANCE_MS = 300_000;

/**
 * The chain to use, after a check of all that servers and peers rely on. Whether Windows trusts the chain is another
 * question: a company's authority may become trusted later.
 *
 * @param chains the server's first one, and others that it has for the same certificate
 * @throws SchannelError ERR_SCHANNEL_ACME_CERTIFICATE
 */
export function checkedChain(chains: readonly Chain[], expected: ExpectedCertificate): Chain {
  const { preferredChain } = expected;
  const preferred = chains.find((chain) => preferredChain !== undefined && topOf(chain) === preferredChain);
  const chain = preferred ?? chains[0] ?? [];
  const [leaf, ...authorities] = chain;
  if (leaf === undefined) throw refused('has no certificate');
  if (!leaf.x509.publicKey.equals(expected.publicKey)) throw refused('is for another key');
  const missing = expected.names.filter((name) => !hasName(leaf, name)).map(({ value }) => value);
  if (missing.length > 0) throw refused(`does not have ${printableList(missing)}`);
  if (leaf.isAuthority) throw refused('is one of an authority');
  for (const each of chain) checkTime(each, expected.now);
  const wrong = authorities.find(({ isAuthority }) => !isAuthority);
  if (wrong !== undefined) throw refused(`was issued by ${printable(wrong.subject)}, which is no authority`);
  return chain;
}

/** Common name of the root, which is not part of the chain. */
const topOf = (chain: Chain): string | null => commonNameOf(chain.at(-1)?.issuerName ?? []);

function hasName({ dnsNames, ipAddresses }: CertificateContents, { type, value }: Identifier): boolean {
  if (type === 'dns') return dnsNames.some((name) => name.toLowerCase() === value);
  return ipAddresses.some((address) => canonicalAddress(address) === value);
}

function checkTime({ validFrom, validTo, subject }: CertificateContents, now: Date): void {
  const which = subject === '' ? '' : ` (${printable(subject)})`;
  // Such a Date compares as false with each other one.
  if (Number.isNaN(validFrom.getTime()) || Number.isNaN(validTo.getTime()))
    throw refused(`has a time that no calendar has${which}`);
  if (validFrom.getTime() > now.getTime() + TOLERANCE_MS)
    throw refused(`is not valid before ${validFrom.toISOString()}${which}`, CLOCK);
  if (validTo <= now) throw refused(`was valid until ${validTo.toISOString()}${which}`, CLOCK);
}

const CLOCK = 'Check the clock of this machine: "w32tm /resync" sets it.';

const refused = (what: string, advice = 'The authority is at fault. Report it there.'): SchannelError =>
  new SchannelError('ERR_SCHANNEL_ACME_CERTIFICATE', `The certificate that the ACME server sent ${what}`, {
    phase: 'data',
    advice: `Nothing was stored. ${advice}`,
  });
