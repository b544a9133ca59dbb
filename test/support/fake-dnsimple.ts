import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';

interface FakeRecord {
  readonly id: number;
  readonly zone: string;
  readonly name: string;
  readonly type: string;
  readonly content: string;
  readonly ttl: number;
}

interface FakeAnswer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a request of the fake has. */
interface FakeRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Once an hour, the count of requests begins again: seconds since 1970. */
export const RESET_AT = 2_000_000_000;

/**
 * The part of DNSimple's API v2 that changes records, with its rules: names are relative to the zone, texts come back
 * in quotes, lists come in pages, the same record is refused a second time, and requests are counted.
 */
export class FakeDnsimple {
  readonly records: FakeRecord[] = [];
  readonly lines: string[] = [];
  readonly #server: http.Server;
  #lastId = 100;
  /** Requests that are left. */
  remaining = 2400;
  /** Answers every request with this status and these words. */
  trouble: FakeAnswer | null = null;

  private constructor(
    readonly token: string,
    readonly account: number,
    readonly zones: readonly string[],
  ) {
    this.#server = http.createServer((request, response) => {
      void request.toArray().then((chunks) => {
        const text = Buffer.concat(chunks as Buffer[]).toString();
        const url = new URL(request.url ?? '', 'http://fake.invalid');
        this.lines.push(`${request.method ?? ''} ${request.url ?? ''}`);
        const { status, body, headers } =
          this.#denial(request) ??
          this.#answer({
            method: request.method ?? '',
            path: url.pathname,
            query: url.searchParams,
            body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
          });
        response.writeHead(status, {
          'x-ratelimit-limit': '2400',
          'x-ratelimit-remaining': String(this.remaining),
          'x-ratelimit-reset': String(RESET_AT),
          ...headers,
        });
        response.end(body === undefined ? '' : JSON.stringify(body));
      });
    });
  }

  static async start(token: string, account: number, zones: readonly string[]): Promise<FakeDnsimple> {
    const fake = new FakeDnsimple(token, account, zones);
    fake.#server.listen(0, '127.0.0.1');
    await once(fake.#server, 'listening');
    return fake;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Puts a record there, as another program would. */
  put(zone: string, name: string, type: string, content: string): FakeRecord {
    const record = { id: (this.#lastId += 1), zone, name, type, content, ttl: 3600 };
    this.records.push(record);
    return record;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #denial({ headers }: http.IncomingMessage): FakeAnswer | null {
    if (headers.authorization !== `Bearer ${this.token}`)
      return { status: 401, body: { message: 'Authentication failed' } };
    if (this.remaining === 0) return { status: 429, body: { message: 'quota exceeded' } };
    this.remaining -= 1;
    return this.trouble;
  }

  #answer(request: FakeRequest): FakeAnswer {
    const { method, path } = request;
    if (path === '/v2/whoami')
      return { status: 200, body: { data: { user: null, account: { id: this.account } } } };
    const [, zone = '', below = ''] =
      new RegExp(`^/v2/${this.account}/zones/([^/]+)(/records(?:/[^/]+)?)?$`).exec(path) ?? [];
    if (!this.zones.includes(zone)) return { status: 404, body: { message: `Zone \`${zone}\` not found` } };
    if (below === '') return { status: 200, body: { data: { id: 1, name: zone } } };
    if (below === '/records')
      return method === 'POST' ? this.#create(zone, request.body) : this.#list(zone, request.query);
    return this.#remove(zone, below.slice('/records/'.length));
  }

  #create(zone: string, { name, type, content, ttl }: FakeRequest['body']): FakeAnswer {
    if (typeof name !== 'string' || typeof type !== 'string')
      return { status: 400, body: { message: 'Validation failed', errors: { type: ["can't be blank"] } } };
    if (typeof content !== 'string' || content === '')
      return { status: 400, body: { message: 'Validation failed', errors: { content: ["can't be blank"] } } };
    if (
      this.records.some(
        (each) => each.zone === zone && each.name === name && unquoted(each.content) === content,
      )
    )
      return { status: 400, body: { message: 'Zone record already exists', errors: {} } };
    const stored = type === 'TXT' ? `"${content}"` : content;
    const record = { id: (this.#lastId += 1), zone, name, type, content: stored, ttl: Number(ttl) };
    this.records.push(record);
    return { status: 201, body: { data: shown(record) } };
  }

  #list(zone: string, query: URLSearchParams): FakeAnswer {
    const page = Number(query.get('page') ?? 1);
    const perPage = Number(query.get('per_page') ?? 30);
    if (perPage > 100) return { status: 400, body: { message: 'per_page is too large' } };
    const [name, type] = [query.get('name'), query.get('type')];
    const found = this.records.filter(
      (each) =>
        each.zone === zone &&
        (name === null || name === '' || each.name === name) &&
        (type === null || each.type === type),
    );
    const pages = Math.max(1, Math.ceil(found.length / perPage));
    return {
      status: 200,
      body: {
        data: found.slice((page - 1) * perPage, page * perPage).map(shown),
        pagination: {
          current_page: page,
          per_page: perPage,
          total_entries: found.length,
          total_pages: pages,
        },
      },
    };
  }

  #remove(zone: string, id: string): FakeAnswer {
    const at = this.records.findIndex((each) => each.zone === zone && String(each.id) === id);
    if (at < 0) return { status: 404, body: { message: `Record \`${id}\` not found` } };
    this.records.splice(at, 1);
    return { status: 204 };
  }
}

const unquoted = (content: string): string => content.replace(/^"(.*)"$/, '$1');

const shown = ({ id, zone, name, type, content, ttl }: FakeRecord): object => ({
  id,
  zone_id: zone,
  parent_id: null,
  name,
  content,
  ttl,
  priority: null,
  type,
  regions: ['global'],
  system_record: false,
});
