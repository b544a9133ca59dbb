import { printable } from '../../../base/text/printable.js';
import type { Policy, PolicyTemplate, TemplateName } from '../../../policy.js';
import { POLICY_VERSIONS, ROLES } from '../../../windows/policy/protocol-versions.js';
import { TEMPLATE_NAMES } from '../../../windows/policy/templates.js';
import { readInput } from '../../arguments.js';
import { UsageError } from '../../usage-error.js';

/**
 * A template by name, or a JSON file: a template, or what "policy show --json" has written.
 * @throws {UsageError}
 */
export function templateArgument(text: string, option: string): TemplateName | Policy | PolicyTemplate {
  const name = TEMPLATE_NAMES.find((each) => each === text);
  if (name !== undefined) return name;
  try {
    const value: unknown = JSON.parse(
      readInput(text, option)
        .toString('utf8')
        .replace(/^\ufeff/, ''),
    );
    if (isTemplate(value)) return value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new UsageError(
    `${option}: ${printable(text)} is neither ${TEMPLATE_NAMES.join(', ')} nor a JSON file of a policy`,
  );
}

/** A policy of "show", or a template; the lists of a template are texts. */
function isTemplate(value: unknown): value is Policy | PolicyTemplate {
  if (!isRecord(value)) return false;
  if ('format' in value) return isPolicy(value);
  const lists = ['suites', 'groups'].map((name) => value[name]);
  const { protocols } = value;
  return (
    [...lists, protocols].some((part) => part !== undefined) &&
    lists.every((list) => list === undefined || isTexts(list)) &&
    (protocols === undefined || (typeof protocols === 'object' && protocols !== null))
  );
}

/** A file of another machine may be damaged: everything that is compared must be there. */
const isPolicy = ({ format, protocols, suites, groups }: Readonly<Record<string, unknown>>): boolean =>
  format === 'schannel-policy/1' &&
  [suites, groups].every(
    (part) => isRecord(part) && LISTS.every((list) => part[list] == null || isTexts(part[list])),
  ) &&
  isRecord(protocols) &&
  POLICY_VERSIONS.every((version) => {
    const roles = protocols[version];
    return isRecord(roles) && ROLES.every((role) => isRecord(roles[role]));
  });

const LISTS = ['policy', 'local', 'documented', 'effective'] as const;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.every((each) => typeof each === 'string');
