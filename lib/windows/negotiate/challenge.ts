import { printableList } from '../../base/text/printable.js';

/** The fields of a head that have challenges, and the token that comes with an acceptance. */
export interface ChallengeFields {
  readonly challenge: string;
  readonly info: string;
}

/** Those of a proxy, with its 407. */
export const OF_PROXY: ChallengeFields = {
  challenge: 'proxy-authenticate',
  info: 'proxy-authentication-info',
};

/** Those of a server, with its 401. */
export const OF_SERVER: ChallengeFields = { challenge: 'www-authenticate', info: 'authentication-info' };

/**
 * The token in a challenge of a scheme (RFC 9110 §11.6.1), empty if it has none.
 * @param fields the fields of a head, each one line
 * @param names whose fields count
 * @returns undefined if the scheme is not offered
 */
export function challengeOf(
  fields: readonly string[],
  scheme: string,
  names: ChallengeFields,
): Buffer | undefined {
  let found: Buffer | undefined;
  for (const value of valuesOf(fields, names.challenge)) {
    for (const challenge of value.split(',')) {
      const token = tokenOf(challenge, scheme);
      // A bare one may be beside one with a token: the token is what is answered.
      if (token !== undefined && (found === undefined || found.length === 0)) found = token;
    }
  }
  return found;
}

/** The token that comes with an acceptance (RFC 4559 §4, RFC 9110 §11.7.3); null if there is none. */
export function lastTokenOf(
  fields: readonly string[],
  scheme: string,
  names: ChallengeFields,
): Buffer | null {
  const token = challengeOf(fields, scheme, names);
  if (token !== undefined && token.length > 0) return token;
  for (const value of valuesOf(fields, names.info)) {
    const info = tokenOf(value, scheme);
    if (info !== undefined && info.length > 0) return info;
  }
  return null;
}

/** The schemes of all challenges of a proxy, printable. */
export function offeredSchemes(fields: readonly string[]): string {
  const schemes = valuesOf(fields, OF_PROXY.challenge)
    .map((value) => /^[^\s,]+/.exec(value)?.[0] ?? '')
    .filter((scheme) => scheme !== '');
  return printableList([...new Set(schemes)]);
}

/** A realm in quotes may have commas, and even the name of a scheme. */
const QUOTED = /"(?:[^"\\]|\\.)*"/g;

const valuesOf = (fields: readonly string[], name: string): string[] =>
  fields.flatMap((field) => {
    const colon = field.indexOf(':');
    const isIt = colon >= 0 && field.slice(0, colon).toLowerCase() === name;
    return isIt
      ? [
          field
            .slice(colon + 1)
            .replace(QUOTED, '""')
            .trim(),
        ]
      : [];
  });

function tokenOf(challenge: string, scheme: string): Buffer | undefined {
  const [, name = '', token = ''] = /^\s*([^\s,]+)(?:[ \t]+([a-z0-9+/]+={0,2}))?\s*$/i.exec(challenge) ?? [];
  return name.toLowerCase() === scheme.toLowerCase() ? Buffer.from(token, 'base64') : undefined;
}
