import path from 'node:path';
import { toError } from '../../../base/errors/to-error.js';
import type { Place } from '../../../formats/stunnel/configuration.js';
import { faultAt } from '../../../formats/stunnel/fault.js';
import { parseEndpoint, parseEndpoints, parseTargets, type ProgramAddress } from '../endpoint.js';
import type { Endpoint, ProgramEndpoint } from '../options.js';
import type { PlannedProgram, PlannedTunnel, StunnelPlan } from '../stunnel/plan.js';

/** Whether a file has the JSON that `--print` writes. No configuration of stunnel begins with a brace. */
export const isJson = (text: string): boolean => /^\uFEFF?\s*\{/.test(text);

/**
 * The plan that a file in JSON describes: what `--print` writes. Paths in it begin at its folder.
 *
 * @throws SchannelError ERR_SCHANNEL_TUNNEL_CONFIG
 */
export function planJson(file: string, text: string): StunnelPlan {
  const json = new JsonFile(file, text);
  return json.plan();
}

/** Where the tunnel of this name is described. */
export function placeInJson(file: string, text: string, name: string): Place {
  const at = new RegExp(`"name"\\s*:\\s*${escaped(JSON.stringify(name))}`).exec(text)?.index ?? 0;
  return placeAt(file, text, at);
}

const escaped = (text: string): string => text.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&');

function placeAt(file: string, text: string, at: number): Place {
  const before = text.slice(0, at).split('\n');
  return { file, line: before.length, column: (before.at(-1) ?? '').length + 1 };
}

/** Turns what is written into what a plan has. @throws what is wrong, in words that follow the name of the value */
type Reader = (value: unknown, where: string) => unknown;

class Mismatch extends Error {}

class JsonFile {
  readonly #file: string;
  readonly #text: string;
  readonly #folder: string;

  constructor(file: string, text: string) {
    this.#file = file;
    this.#text = text;
    this.#folder = path.dirname(path.resolve(file));
  }

  plan(): StunnelPlan {
    const value = this.#parsed();
    try {
      const plan = object({
        process: object({ debug: number, output: this.#output, log: text, service: text }),
        services: list(this.#service),
        // Those of the file that it was made from.
        notices: () => undefined,
      })(value, 'the file') as Partial<StunnelPlan>;
      const { process = {}, services = [] } = plan;
      if (services.length === 0) throw new Mismatch('"services" has no tunnel');
      return { process, services, notices: [] };
    } catch (error) {
      if (!(error instanceof Mismatch)) throw error;
      const [, name = ''] = /"([^".[\]]+)"/.exec(error.message) ?? [];
      const at = Math.max(this.#text.lastIndexOf(`"${name}"`), 0);
      throw faultAt(placeAt(this.#file, this.#text, at), error.message, undefined, error);
    }
  }

  #parsed(): unknown {
    try {
      return JSON.parse(this.#text.replace(/^\uFEFF/, ''));
    } catch (error) {
      const { message } = toError(error);
      const at = Number(/at position (\d+)/.exec(message)?.[1] ?? 0);
      throw faultAt(placeAt(this.#file, this.#text, at), message, undefined, error);
    }
  }

  readonly #output: Reader = (value, where) => {
    const output = text(value, where) as string;
    return output.startsWith('/dev/') ? output : path.resolve(this.#folder, output);
  };

  readonly #path: Reader = (value, where) => path.resolve(this.#folder, text(value, where) as string);

  readonly #source: Reader = (value, where) => {
    const source = object({ file: text, folder: text })(value, where) as { file?: string; folder?: string };
    const [entry, another] = Object.entries(source);
    if (entry === undefined || another !== undefined)
      throw new Mismatch(`"${where}" must have either a file or a folder`);
    return { [entry[0]]: path.resolve(this.#folder, entry[1]) };
  };

  readonly #service: Reader = (value, where) => {
    const sources = list(this.#source);
    const tls = {
      ...{ servername: text, names: orNull(list(text)), rejectUnauthorized: flag, requestCert: flag },
      ...{ minVersion: text, maxVersion: text, ciphers: text, revocation: text, revocationTimeout: number },
      ...{ sessionTimeout: number, allowPartialTrustChain: flag, certificate },
      ...{ cert: sources, key: this.#source, ca: sources, crl: sources },
    };
    const rules = list(anything);
    const service = object({
      ...{ name: text, mode: text, accept: anything, connect: anything, failover: text, starttls: text },
      ...{ timeouts: anything, limits: anything, buffer: number, localAddress: text, reset: flag },
      ...{
        allowTruncation: flag,
        implicitTls: flag,
        allow: rules,
        pins: sources,
        certificateOptional: flag,
        proxyProtocol: anything,
        through: list(
          object({
            ...{ protocol: text, host: text, port: number, user: text },
            password: object({ file: this.#path, line: number }),
          }),
        ),
        redirect: anything,
      },
      ...{
        routes: record(
          object({
            ...{ connect: anything, allow: rules, pins: sources, tls: object(tls) },
            ...{ requestCert: flag, rejectUnauthorized: flag },
          }),
        ),
        tls: object(tls),
      },
    })(value, where) as Partial<PlannedTunnel> & {
      readonly accept?: Endpoint;
      readonly connect?: Aim[];
    };
    const { name, mode, accept, connect, redirect, routes } = service;
    if (mode !== 'client' && mode !== 'server')
      throw new Mismatch(`"${where}.mode" must be "client" or "server"`);
    for (const [key, needed] of Object.entries({ name, accept, connect })) {
      if (needed === undefined) throw new Mismatch(`"${where}" has no "${key}"`);
    }
    const ends = (key: string, value: Endpoint | readonly Endpoint[], least: 0 | 1 = 1): readonly unknown[] =>
      checked(() => parseEndpoints(`${where}.${key}`, value, { host: LOOPBACK, least }));
    // Whether programs are allowed is not for the file to say.
    const aims = (key: string, value: Aim | readonly Aim[]): readonly unknown[] =>
      checked(() => parseTargets(`${where}.${key}`, value, { host: LOOPBACK, least: 1, programs: true })).map(
        (target) => ('program' in target ? plannedProgram(target) : target),
      );
    return {
      ...service,
      accept: checked(() =>
        parseEndpoint(`${where}.accept`, accept ?? 0, {
          host: mode === 'client' ? LOOPBACK : '::',
          least: 0,
        }),
      ),
      connect: aims('connect', connect ?? []),
      ...(redirect !== undefined && { redirect: ends('redirect', redirect, 0) }),
      ...(routes !== undefined && {
        routes: Object.fromEntries(
          Object.entries(routes).map(([host, route]) => [
            host,
            {
              ...route,
              tls: (route as Partial<typeof route>).tls ?? {},
              connect:
                (route as Partial<typeof route>).connect === undefined
                  ? aims('connect', connect ?? [])
                  : aims(`routes["${host}"].connect`, route.connect),
            },
          ]),
        ),
      }),
      tls: service.tls ?? {},
    };
  };
}

type Aim = Endpoint | ProgramEndpoint;

const plannedProgram = ({ program, args, argv0, env }: ProgramAddress): PlannedProgram => ({
  program,
  ...(argv0 !== null && { argv0 }),
  ...(args.length > 0 && { args }),
  ...(Object.keys(env).length > 0 && { env }),
});

const LOOPBACK = '127.0.0.1';

function checked<Value>(parse: () => Value): Value {
  try {
    return parse();
  } catch (error) {
    throw new Mismatch(toError(error).message.replace(/^The property '([^']*)'/, 'The property "$1"'));
  }
}

/** What is checked where it is used. */
const anything: Reader = (value) => value;

const ofType =
  (type: 'string' | 'number' | 'boolean'): Reader =>
  (value, where) => {
    if (typeof value === type) return value;
    throw new Mismatch(`"${where}" must be a ${type}`);
  };

const text = ofType('string');
const number = ofType('number');
const flag = ofType('boolean');

const orNull =
  (reader: Reader): Reader =>
  (value, where) =>
    value === null ? null : reader(value, where);

const list =
  (reader: Reader): Reader =>
  (value, where) => {
    if (!Array.isArray(value)) throw new Mismatch(`"${where}" must be a list`);
    return value.map((each, at) => reader(each, `${where}[${String(at)}]`));
  };

function entriesOf(value: unknown, where: string): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Mismatch(`"${where}" must be an object`);
  return Object.entries(value);
}

const record =
  (reader: Reader): Reader =>
  (value, where) =>
    Object.fromEntries(
      entriesOf(value, where).map(([key, each]) => [key, reader(each, `${where}["${key}"]`)]),
    );

const object =
  (readers: Readonly<Record<string, Reader>>): Reader =>
  (value, where) => {
    const prefix = where === 'the file' ? '' : `${where}.`;
    const read = entriesOf(value, where).map(([key, each]): [string, unknown] => {
      const reader = Object.hasOwn(readers, key) ? readers[key] : undefined;
      if (reader === undefined) throw new Mismatch(`"${prefix}${key}" is not known`);
      return [key, reader(each, `${prefix}${key}`)];
    });
    return Object.fromEntries(read.filter(([, each]) => each !== undefined));
  };

const certificate: Reader = (value, where) =>
  value === 'issuers'
    ? value
    : object({ store: text, thumbprint: text, friendlyName: text, subject: text, dns: text })(value, where);
