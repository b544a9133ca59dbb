/** One value of a TXT record, for DNS-01 or for dns-persist-01. */
export interface TxtRecord {
  /** The whole name, without a final dot: '_acme-challenge.bar.example'. */
  readonly name: string;
  readonly value: string;
  /** Seconds that others may remember it. */
  readonly ttl: number;
}

/** What a provider needs in order to remove what it added. It is JSON, so that it outlives the process. */
export type DnsHandle = Readonly<Record<string, string | number>>;

export interface DnsContext {
  readonly signal?: AbortSignal | undefined;
}

/**
 * Something that can change the records of a zone. Other values of the same name are never touched: a name and its
 * wildcard need two values at once, and other programs may have theirs.
 */
export interface DnsProvider {
  /** For logs and errors. */
  readonly name: string;
  /** @throws SchannelError ERR_SCHANNEL_DNS_… */
  add(record: TxtRecord, context?: DnsContext): Promise<DnsHandle>;
  /** Removes exactly that value. One that is gone counts as removed. @throws SchannelError ERR_SCHANNEL_DNS_… */
  remove(handle: DnsHandle, context?: DnsContext): Promise<void>;
}
