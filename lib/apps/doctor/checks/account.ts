import { type Check, type CheckContext, type Finding, found, type Json } from '../check.js';

/** Accounts and groups with a fixed identifier ("Well-known SIDs"). No other identifier gets into the report. */
const ACCOUNTS: readonly (readonly [sid: RegExp, account: string])[] = [
  [/^S-1-5-18$/, 'SYSTEM'],
  [/^S-1-5-19$/, 'LOCAL SERVICE'],
  [/^S-1-5-20$/, 'NETWORK SERVICE'],
  [/^S-1-5-80-/, 'the account of a service'],
  [/^S-1-5-82-/, 'the account of an application pool'],
  [/^S-1-5-21-.*-500$/, 'the built-in administrator'],
  [/^S-1-12-1-/, 'a user of Entra ID'],
];
const GROUPS: Readonly<Record<string, string>> = {
  'S-1-5-2': 'network',
  'S-1-5-3': 'batch',
  'S-1-5-4': 'interactive',
  'S-1-5-6': 'service',
  'S-1-5-14': 'remote interactive',
  'S-1-5-32-544': 'administrators',
  'S-1-5-32-568': 'IIS_IUSRS',
};
/** Mandatory labels. */
const INTEGRITY: Readonly<Record<string, string>> = {
  'S-1-16-4096': 'low',
  'S-1-16-8192': 'medium',
  'S-1-16-8448': 'medium plus',
  'S-1-16-12288': 'high',
  'S-1-16-16384': 'system',
};

/** The kind of account, and what it may do: keys and stores depend on both. Names stay on the machine. */
export const ACCOUNT_CHECKS: readonly Check[] = [
  {
    id: 'account',
    title: 'Which kind of account runs this?',
    writes: false,
    vital: false,
    async run({ native, run }: CheckContext): Promise<Finding> {
      const own = native.userSid();
      const account = ACCOUNTS.find(([sid]) => sid.test(own))?.[1] ?? 'a user';
      // The text around the identifiers is in the language of Windows.
      const listing = await run('whoami', ['/groups', '/fo', 'csv', '/nh']).catch(() => '');
      const sids = listing.match(/\bS-1(?:-\d+)+\b/g) ?? [];
      const groups = sids.flatMap((sid) => GROUPS[sid] ?? []);
      const integrity = sids.flatMap((sid) => INTEGRITY[sid] ?? [])[0] ?? null;
      const elevated = integrity === null ? null : ['high', 'system'].includes(integrity);
      const data: Json = { account, integrity, elevated, groups, appContainer: native.isAppContainer() };
      const rights =
        elevated === null
          ? 'Windows does not say whether it is elevated'
          : elevated
            ? 'with the rights of an administrator'
            : 'without the rights of an administrator';
      return found(`It is ${account}, ${rights}.`, data);
    },
  },
];
