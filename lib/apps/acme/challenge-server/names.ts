import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { argumentError } from '../../../base/errors/argument-error.js';

/** A label of a host name (RFC 1123 §2.1). */
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** What stands in front of a name for DNS-01 (RFC 8555 §8.4). */
export const CHALLENGE_PREFIX = '_acme-challenge.';

/** With the prefix, a name still has to fit into 253 characters. */
const LONGEST = 253 - CHALLENGE_PREFIX.length;

/**
 * A host name as a request has it, in lower case and without a final dot. Unicode is refused: clients of ACME send
 * A-labels, and two ways to write a name are two chances to take one for another.
 *
 * @returns null for anything else
 */
export function hostName(text: unknown): string | null {
  if (typeof text !== 'string' || text.length > LONGEST + 1 || !/^[\x21-\x7e]+$/.test(text)) return null;
  const name = text.toLowerCase().replace(/\.$/, '');
  if (name.length > LONGEST || isIP(name) !== 0) return null;
  const labels = name.split('.');
  // A top-level domain is no host, and its name is no number.
  const isName =
    labels.length > 1 && labels.every((label) => LABEL.test(label)) && !/^\d+$/.test(labels.at(-1) ?? '');
  return isName ? name : null;
}

/**
 * Names that a client may have: 'www.bar.example' is this one, '*.bar.example' any one label in front of it, and
 * '.bar.example' any name below it.
 */
export class NameRules {
  readonly #rules: readonly string[];

  /** @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE */
  constructor(rules: readonly string[]) {
    this.#rules = rules.map(checkedRule);
  }

  /** @param name as {@link hostName} gives it */
  permits(name: string): boolean {
    return this.#rules.some((rule) => {
      if (rule.startsWith('.')) return name.endsWith(rule);
      if (!rule.startsWith('*.')) return name === rule;
      return name.slice(name.indexOf('.')) === rule.slice(1);
    });
  }
}

/** In lower case and A-labels. */
function checkedRule(rule: unknown): string {
  const [, head = '', base = ''] =
    /^(\*\.|\.)?([\p{L}\p{M}\p{N}.-]+)$/u.exec(typeof rule === 'string' ? rule : '') ?? [];
  const ascii = domainToASCII(base).toLowerCase();
  const isWhole = ascii !== '' && (head === '' ? hostName(ascii) : hostName(`x.${ascii}`)) !== null;
  if (isWhole && !ascii.endsWith('.')) return head + ascii;
  throw argumentError(
    'ERR_INVALID_ARG_VALUE',
    `Names of a client must be like 'www.bar.example', '*.bar.example' or '.bar.example'. Received ${JSON.stringify(rule)}`,
  );
}
