/** How a conclusion counts. */
export type ConclusionVerdict =
  /** It is as it should be. */
  | 'works'
  /** The connection fails by it, or would if the certificate counted. */
  | 'fails'
  /** It works here and now, and may not elsewhere or later. */
  | 'warning'
  /** Something to know. */
  | 'note';

/** Stable: programs compare them. */
export type ConclusionCode =
  | 'REACHED'
  | 'HOST_UNKNOWN'
  | 'HOST_UNREACHABLE'
  | 'NOT_TLS'
  | 'STARTTLS_FAILED'
  | 'TLS_SPOKEN'
  | 'TLS_REFUSED'
  | 'VERSION_COMMON'
  | 'NO_COMMON_VERSION'
  | 'SUITE_COMMON'
  | 'NO_COMMON_SUITE'
  | 'NO_COMMON_ALGORITHM'
  | 'HANDSHAKE_DONE'
  | 'HANDSHAKE_FAILED'
  | 'NAME_MATCHES'
  | 'NAME_MISMATCH'
  | 'CHAIN_TRUSTED'
  | 'CHAIN_INCOMPLETE'
  | 'CHAIN_UNTRUSTED'
  | 'CERTIFICATE_TIME'
  | 'CERTIFICATE_REVOKED'
  | 'CERTIFICATE_REFUSED'
  | 'INTERMEDIATES_NOT_SENT'
  | 'NOT_REVOKED'
  | 'REVOCATION_UNKNOWN'
  | 'CLIENT_CERTIFICATE_NOT_ASKED'
  | 'CLIENT_CERTIFICATE_OPTIONAL'
  | 'CLIENT_CERTIFICATE_NONE'
  | 'CLIENT_CERTIFICATE_NOT_GIVEN'
  | 'CLIENT_CERTIFICATE_ACCEPTED'
  | 'CLIENT_CERTIFICATE_REFUSED'
  | 'CLIENT_CERTIFICATE_UNUSABLE'
  | 'PROXY_SET'
  | 'SCHANNEL_ABSENT'
  | 'NOT_SURE';

/** One thing that was concluded. */
export interface Conclusion {
  readonly code: ConclusionCode;
  readonly verdict: ConclusionVerdict;
  /** What is, in a sentence. */
  readonly text: string;
  /** What it means; null if it goes without saying. */
  readonly meaning: string | null;
  /** What to do; null for nothing. */
  readonly remedy: string | null;
}

const conclusion =
  (verdict: ConclusionVerdict) =>
  (code: ConclusionCode, text: string, meaning: string | null = null, remedy: string | null = null) => ({
    ...{ code, verdict, text, meaning, remedy },
  });

export const works = conclusion('works');
export const fails = conclusion('fails');
export const warns = conclusion('warning');
export const notes = conclusion('note');
