import { printable } from '../../../base/text/printable.js';
import type { Placement } from '../../../windows/import-export/execute-plan.js';
import type { ImportResult } from '../../../windows/import-export/import-result.js';
import type { Certificate } from '../../../windows/store/certificate.js';
import { errorFacts, type ErrorFacts } from '../../describe-error.js';
import type { Style } from '../../terminal.js';
import { displayName, type EntryContents } from './entry-facts.js';
import { FileCertificate } from './file-certificate.js';
import type { ReadableFile, UnreadableFile } from './import-files.js';

/** One certificate of a file, as the JSON output has it. */
export interface PlacementFacts {
  readonly role: 'identity' | 'certificate' | 'authority' | 'root';
  /** Null in a dry run. */
  readonly action: 'added' | 'present' | 'replaced' | 'not-added' | null;
  /** Null in a dry run. */
  readonly store: string | null;
  readonly name: string;
  readonly subject: string;
  readonly thumbprint: string;
}

/** One file, as the JSON output has it. */
export interface FileFacts {
  readonly file: string;
  readonly ok: boolean;
  readonly certificates: readonly PlacementFacts[];
  /** Keys that were left out because the file has no certificate for them. */
  readonly keysWithoutCertificate: number;
  readonly error: ErrorFacts | null;
}

export const importedFacts = (
  file: string,
  { placements, keysWithoutCertificate }: ImportResult,
): FileFacts => ({
  file,
  ok: true,
  certificates: placements.map(placementFacts),
  keysWithoutCertificate,
  error: null,
});

export const placementFacts = ({
  role,
  action,
  store,
  certificate,
}: Placement<Certificate>): PlacementFacts => ({
  role,
  action,
  store,
  ...namesOf(certificate),
});

export function previewFacts({ file, prepared }: ReadableFile): FileFacts {
  const { identities, certificates, authorities, roots, keysWithoutCertificate } = prepared.preview;
  const of = (
    role: PlacementFacts['role'],
    ders: readonly { readonly raw: Uint8Array }[],
  ): PlacementFacts[] =>
    ders.map(({ raw }) => ({ role, action: null, store: null, ...namesOf(new FileCertificate(raw)) }));
  return {
    file,
    ok: true,
    certificates: [
      ...of(
        'identity',
        identities.map(({ certificate }) => certificate),
      ),
      ...of('certificate', certificates),
      ...of('authority', authorities),
      ...of('root', roots),
    ],
    keysWithoutCertificate,
    error: null,
  };
}

export const failedFacts = ({ file, error }: UnreadableFile): FileFacts => ({
  file,
  ok: false,
  certificates: [],
  keysWithoutCertificate: 0,
  error: errorFacts(error),
});

const namesOf = (entry: EntryContents): Pick<PlacementFacts, 'name' | 'subject' | 'thumbprint'> => ({
  name: displayName(entry),
  subject: entry.subject,
  thumbprint: entry.thumbprint,
});

/** What was imported from a file, or would be. Failures are reported elsewhere. */
export function formatFile(
  { file, certificates, keysWithoutCertificate }: FileFacts,
  style: Style,
): string[] {
  const own = new Set(
    certificates.filter(({ role }) => role === 'identity').map(({ thumbprint }) => thumbprint),
  );
  // A self-signed one is an identity, and a root only with --trust-root.
  const isTold = ({ role, action, thumbprint }: PlacementFacts): boolean =>
    role !== 'root' || !own.has(thumbprint) || action === 'added' || action === 'present';
  return [
    style.bold(printable(file)),
    ...certificates.filter(isTold).map((each) => `  ${formatPlacement(each, style)}`),
    ...(keysWithoutCertificate === 0
      ? []
      : [
          `  ${style.warn(`left out private keys without a certificate in the file: ${keysWithoutCertificate}`)}`,
        ]),
  ];
}

/** One certificate, on one line. */
export function formatPlacement(
  { role, action, store, name, thumbprint }: PlacementFacts,
  style: Style,
): string {
  const who = `${printable(name)} (${thumbprint})${KINDS[role]}`;
  switch (action) {
    case 'added':
      return `${style.good('added')} ${who} to ${store ?? ''}`;
    case 'replaced':
      return `${style.good('replaced')} ${who} in ${store ?? ''}`;
    case 'present':
      return `${who} is already in ${store ?? ''}`;
    case 'not-added':
      return `${style.warn('left out')} ${who}: only --trust-root adds it to ${store ?? ''}`;
    case null:
      return who;
  }
}

const KINDS = {
  identity: ' with its key',
  certificate: '',
  authority: ', an authority',
  root: ', a root',
} as const;
