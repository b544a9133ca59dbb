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

/** The address of a host, as a record of type A or AAAA. */
export interface HostAddress {
  /** The whole name, without a final dot. */
  readonly name: string;
  /** IPv4 or IPv6; null removes the records of both types. */
  readonly address: string | null;
  /** Seconds that others may remember it. */
  readonly ttl: number;
}

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
  /**
   * Removes exactly that value without a handle: the process that added it may have ended before it got one. A value
   * that is not there counts as removed.
   *
   * @throws SchannelError ERR_SCHANNEL_DNS_…
   */
  removeValue(record: Pick<TxtRecord, 'name' | 'value'>, context?: DnsContext): Promise<void>;
  /**
   * Gives a host this address, in place of the ones of the same type that it has. Not all providers can.
   *
   * @throws SchannelError ERR_SCHANNEL_DNS_…
   */
  setAddress?(host: HostAddress, context?: DnsContext): Promise<void>;
}
