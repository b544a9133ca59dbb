import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { ChallengeRecord } from '#lib/apps/acme/challenge-server/records.js';
import type { DnsProvider } from '#lib/apps/acme/dns/provider.js';
import { appear, disappear, killAfterChanges } from './killing.js';

/**
 * A process that adds two values and removes one: `node challenge-child.js '{ "folder": …, "killAfter": … }'`. The zone
 * is the folder 'zone', with a file for each value. It can be killed after a certain number of changes of files.
 */
export interface ChallengeTask {
  readonly folder: string;
  /** The change after which it is killed, from 1. */
  readonly killAfter: number;
}

const fileOf = (folder: string, value: unknown): string => path.join(folder, 'zone', String(value));

/** A provider whose handles are other than names and values. */
export const zoneIn = (folder: string): DnsProvider => ({
  name: 'files',
  async add({ value }) {
    await appear(fileOf(folder, value), '');
    return { number: value };
  },
  remove: ({ number }) => disappear(fileOf(folder, number)),
  removeValue: ({ value }) => disappear(fileOf(folder, value)),
});

export const valuesIn = (folder: string): string[] => readdirSync(path.join(folder, 'zone'));

const record = (value: string): ChallengeRecord => ({
  client: 'hulk',
  name: '_acme-challenge.bar.example',
  value,
  rolling: false,
});

async function change(folder: string): Promise<void> {
  const { ChallengeRecords } = await import('#lib/apps/acme/challenge-server/records.js');
  const { LOCK_SYSTEM } = await import('#lib/base/files/lock.js');
  const records = await ChallengeRecords.open(zoneIn(folder), path.join(folder, 'state'), {
    system: LOCK_SYSTEM,
    onExpired: () => undefined,
  });
  await records.present(record('one'));
  await records.present(record('two'));
  await records.cleanup(record('one'));
  await records.close();
}

if (require.main === module) {
  const { folder, killAfter } = JSON.parse(process.argv[2] ?? '{}') as ChallengeTask;
  killAfterChanges(killAfter);
  change(folder).catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
}
