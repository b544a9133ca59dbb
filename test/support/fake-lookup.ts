import type { CaaProperty, DnsLookup } from '#lib/apps/acme/dns/lookup.js';

/** What each kind of question is answered, by name: 'TXT a.example', 'A ns.bar.example'. */
export type FakeZone = Record<string, readonly string[] | Error | undefined>;

/** DNS as a test has written it down. Each server has its own records, and resolvers those of the address ''. */
export class FakeLookup {
  readonly asked: string[] = [];
  readonly #servers: Readonly<Record<string, FakeZone>>;

  constructor(servers: Readonly<Record<string, FakeZone>>) {
    this.#servers = servers;
  }

  at(address = ''): DnsLookup {
    const ask = (type: string) => (name: string) => {
      const question = `${type} ${name}`;
      this.asked.push(address === '' ? question : `${question} at ${address}`);
      const answer = this.#servers[address]?.[question] ?? [];
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    };
    return {
      txt: ask('TXT'),
      cname: async (name) => (await ask('CNAME')(name))[0] ?? null,
      isZone: async (name) => (await ask('SOA')(name)).length > 0,
      ns: ask('NS'),
      ipv4: ask('A'),
      ipv6: ask('AAAA'),
      caa: async (name) => (await ask('CAA')(name)).map(propertyOf),
      at: (other) => this.at(other),
    };
  }
}

/** As in a zone file: '0 issue "ca.example"'. */
function propertyOf(text: string): CaaProperty {
  const [, flags, tag = '', value = ''] = /^(\d+) (\w+) "(.*)"$/.exec(text) ?? [];
  return { tag, value, isCritical: Number(flags) > 0 };
}

/** As Node reports servers. */
export const dnsFailure = (code: string): Error =>
  Object.assign(new Error(`queryTxt ${code} bar.example`), { code });
