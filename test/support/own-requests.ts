import { createRequest, type CreatedRequest } from 'schannel/pki';
import { openStore } from 'schannel/store';
import { releaseUnusedResources } from 'schannel';
import { removeKey } from '#lib/windows/key/keys.js';

/** Requests of one test file, and their certificates: all of them have its identifier in a name. */
export class OwnRequests {
  readonly #made: CreatedRequest[] = [];

  constructor(readonly id: string) {}

  async create(options: Parameters<typeof createRequest>[0]): Promise<CreatedRequest> {
    const created = await createRequest(options);
    this.#made.push(created);
    return created;
  }

  /** Takes away the requests, the certificates, their keys, and their authorities. */
  async remove(): Promise<void> {
    await releaseUnusedResources();
    for (const location of ['CurrentUser', 'LocalMachine'] as const) {
      for (const name of ['REQUEST', 'MY', 'CA', 'Root']) {
        using store = await openStore(name, { location, archived: true });
        for (const each of await store.all()) {
          const names = `${each.subject} ${each.issuer} ${each.dnsNames.join()}`;
          if (names.includes(this.id)) await store.remove(each);
        }
      }
    }
    for (const { keyLocation } of this.#made.splice(0)) {
      // A test may have deleted it.
      if (keyLocation !== null) await removeKey(keyLocation).catch(() => undefined);
    }
  }
}
