import { randomInt } from 'node:crypto';
import net from 'node:net';
import { type Clock, SYSTEM_CLOCK } from '../../../base/async/clock.js';
import { argumentError, integerWithin, invalidType } from '../../../base/errors/argument-error.js';
import { SchannelError } from '../../../base/errors/schannel-error.js';
import { toError } from '../../../base/errors/to-error.js';
import {
  CLASS,
  type DnsRecord,
  MalformedDns,
  OPCODE,
  readAnswer,
  TYPE,
  uint16,
  writeMessage,
  writeName,
  writeText,
} from '../../../formats/dns/message.js';
import { addressOctets } from '../../../formats/x509/ip-address.js';
import {
  signMessage,
  TRANSACTION_ALGORITHMS,
  type TransactionAlgorithm,
  type TransactionKey,
  verifyAnswer,
} from '../../../formats/dns/transaction-signature.js';
import type { DnsContext, DnsHandle, DnsProvider, HostAddress, TxtRecord } from './provider.js';

export interface DnsUpdateOptions {
  /** The server that has the zone and takes updates. */
  readonly server: string;
  /** Default 53. */
  readonly port?: number | undefined;
  /** Name of the key at the server. */
  readonly keyName: string;
  /** Base64, as in BIND's key file. */
  readonly secret: string;
  /** Default 'hmac-sha256'. */
  readonly algorithm?: TransactionAlgorithm | undefined;
  /** Default: the server is asked for it. */
  readonly zone?: string | undefined;
}

/** How long a server may take for an answer, in milliseconds. */
const PATIENCE_MS = 10_000;
/** How long an exchange may take, in milliseconds: a server could send one octet after the other. */
const LONGEST_MS = 30_000;

/**
 * Changes records by DNS UPDATE (RFC 2136), signed by a shared key (TSIG, RFC 8945): for BIND, Knot, PowerDNS and
 * Windows' DNS server with a key. It uses TCP only. The signature of each answer is verified.
 *
 * @param clock for tests
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, RangeError ERR_OUT_OF_RANGE
 */
export function dnsUpdate(
  options: DnsUpdateOptions,
  clock: Pick<Clock, 'after'> = SYSTEM_CLOCK,
): DnsProvider {
  const { server, port = 53, zone } = options;
  if (typeof server !== 'string' || server === '')
    throw invalidType('options.server', 'of type string', server);
  integerWithin('options.port', port, 1, 65_535);
  const key = keyOf(options);
  const target = { server, port, clock };
  return {
    name: `DNS UPDATE at ${server}`,
    async add({ name, value, ttl }: TxtRecord, context: DnsContext = {}): Promise<DnsHandle> {
      const found = zone ?? (await zoneOf(name, target, context));
      const data = writeText(value);
      await send([{ name, type: TYPE.TXT, class: CLASS.IN, ttl, data }], found, target, key, context);
      return { name, value, zone: found };
    },
    async remove(handle: DnsHandle, context: DnsContext = {}): Promise<void> {
      const [name, value, found] = ['name', 'value', 'zone'].map((member) => String(handle[member] ?? ''));
      await send([removalOf(name ?? '', value ?? '')], found ?? '', target, key, context);
    },
    async removeValue({ name, value }, context: DnsContext = {}): Promise<void> {
      const found = zone ?? (await zoneOf(name, target, context));
      await send([removalOf(name, value)], found, target, key, context);
    },
    async setAddress(host: HostAddress, context: DnsContext = {}): Promise<void> {
      const found = zone ?? (await zoneOf(host.name, target, context));
      await send(addressChanges(host), found, target, key, context);
    },
  };
}

/** Exactly this one of the set (RFC 2136 §2.5.4). One that is gone is no error. */
const removalOf = (name: string, value: string): DnsRecord => ({
  name,
  type: TYPE.TXT,
  class: CLASS.NONE,
  ttl: 0,
  data: writeText(value),
});

/** The old records go and the new one comes in one message, so that the host is never without (RFC 2136 §3.4.2.7). */
function addressChanges({ name, address, ttl }: HostAddress): DnsRecord[] {
  const data = address === null ? null : addressOctets(address);
  if (address !== null && data === null)
    throw argumentError('ERR_INVALID_ARG_VALUE', `The property 'address' must be an IP address`);
  const type = data?.length === 4 ? TYPE.A : TYPE.AAAA;
  const replaced = data === null ? [TYPE.A, TYPE.AAAA] : [type];
  return [
    // All of one type (RFC 2136 §2.5.2).
    ...replaced.map((each) => ({ name, type: each, class: CLASS.ANY, ttl: 0, data: Buffer.alloc(0) })),
    ...(data === null ? [] : [{ name, type, class: CLASS.IN, ttl, data }]),
  ];
}

function keyOf({ keyName, secret, algorithm = 'hmac-sha256' }: DnsUpdateOptions): TransactionKey {
  if (!TRANSACTION_ALGORITHMS.includes(algorithm)) {
    throw argumentError(
      'ERR_INVALID_ARG_VALUE',
      `The property 'algorithm' must be one of ${TRANSACTION_ALGORITHMS.join(', ')}. Received '${algorithm as string}'`,
    );
  }
  if (typeof secret !== 'string' || !/^[A-Za-z0-9+/]+={0,2}$/.test(secret))
    throw argumentError('ERR_INVALID_ARG_VALUE', "The property 'secret' must be Base64");
  try {
    writeName(keyName);
  } catch {
    throw argumentError('ERR_INVALID_ARG_VALUE', `The property 'keyName' must be a name of DNS`);
  }
  return { name: keyName, secret: Buffer.from(secret, 'base64'), algorithm };
}

interface Place {
  readonly server: string;
  readonly port: number;
}

interface Target extends Place {
  readonly clock: Pick<Clock, 'after'>;
}

async function send(
  changes: readonly DnsRecord[],
  zone: string,
  target: Target,
  key: TransactionKey,
  context: DnsContext,
): Promise<void> {
  const id = randomInt(0x10000);
  const message = writeMessage({
    id,
    opcode: OPCODE.update,
    question: { name: zone, type: TYPE.SOA },
    authority: changes,
  });
  const request = signMessage(message, key, Math.floor(Date.now() / 1000));
  const answer = await exchange(request.message, id, target, context);
  const code = understood(() => verifyAnswer(answer, request, key), target);
  if (code !== 'NOERROR') throw refused(code, zone, target);
}

/** The zone that a name is in: the nearest one above it with a start of authority. */
async function zoneOf(name: string, target: Target, context: DnsContext): Promise<string> {
  const labels = name.replace(/\.$/, '').split('.');
  for (let at = 0; at < labels.length; at += 1) {
    const zone = labels.slice(at).join('.').toLowerCase();
    const id = randomInt(0x10000);
    const message = writeMessage({ id, opcode: OPCODE.query, question: { name: zone, type: TYPE.SOA } });
    const answer = await exchange(message, id, target, context);
    const { records, answers } = understood(() => readAnswer(answer), target);
    if (records.slice(0, answers).some((record) => record.type === TYPE.SOA && record.name === zone))
      return zone;
  }
  throw new SchannelError(
    'ERR_SCHANNEL_DNS_ZONE',
    `The DNS server ${target.server} has no zone for ${name}`,
    {
      advice: 'Check the server, or give the zone.',
    },
  );
}

/** Sends a message over TCP (RFC 1035 §4.2.2), and returns the answer to it. */
function exchange(
  message: Buffer,
  id: number,
  { server, port, clock }: Target,
  { signal }: DnsContext,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host: server, port, signal });
    let received = Buffer.alloc(0);
    socket.setTimeout(PATIENCE_MS, () => {
      socket.destroy(new Error(`It was silent for ${PATIENCE_MS / 1000} seconds`));
    });
    const cancel = clock.after(LONGEST_MS, () => {
      socket.destroy(new Error(`It took more than ${LONGEST_MS / 1000} seconds`));
    });
    socket.once('error', (error) => {
      reject(signal?.aborted === true ? error : unreachable({ server, port }, error));
    });
    socket.once('close', () => {
      cancel();
      reject(unreachable({ server, port }, new Error('The connection ended')));
    });
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
      const answer = received.subarray(2, 2 + received.readUInt16BE(0));
      if (answer.length >= 2 && answer.readUInt16BE(0) === id) resolve(answer);
      else reject(unusable({ server, port }, new MalformedDns('another number than its question')));
      socket.destroy();
    });
    socket.write(Buffer.concat([uint16(message.length), message]));
  });
}

function understood<Value>(read: () => Value, target: Target): Value {
  try {
    return read();
  } catch (error) {
    throw unusable(target, toError(error));
  }
}

const unreachable = ({ server, port }: Place, cause: Error): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_DNS_CONNECTION',
    `The DNS server ${server}:${port} gave no answer: ${cause.message}`,
    {
      phase: 'connect',
      advice: 'Check its address, and whether it takes TCP from this machine.',
      cause,
    },
  );

const unusable = ({ server }: Place, cause: Error): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_DNS_ANSWER',
    `The answer of the DNS server ${server} can't be used: ${cause.message}`,
    {
      advice:
        'Check that the key is the same on both sides, and that nothing answers in place of the server.',
      cause,
    },
  );

const ADVICE: ReadonlyMap<string, string> = new Map([
  ['NOTAUTH BADTIME', "This machine's clock and the server's differ by more than five minutes: set them."],
  ['NOTAUTH BADKEY', 'The server knows no key of this name.'],
  ['NOTAUTH BADSIG', 'The key has another secret or algorithm at the server.'],
  ['NOTAUTH', 'The server does not have this zone.'],
  ['REFUSED', "Allow the key to change this name, for example by 'update-policy' in BIND."],
]);

const refused = (code: string, zone: string, { server }: Target): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_DNS_REFUSED',
    `The DNS server ${server} refused to change ${zone}: ${code}`,
    {
      advice: ADVICE.get(code) ?? "The server's log says more.",
    },
  );
