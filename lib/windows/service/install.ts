import path from 'node:path';
import { pauseFor } from '../../base/async/clock.js';
import { invalidType, numberWithin } from '../../base/errors/argument-error.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { printable } from '../../base/text/printable.js';
import { capabilitiesOf } from '../../native/capabilities.js';
import type { NativeNewService } from '../../native/service-binding.js';
import { accountOf } from './account.js';
import { serviceCommandLine } from './command-line.js';
import { type ServiceStatus, statusOf, stopService } from './control.js';
import { ownService, ServiceManager, type ServiceSystem, thisSystem } from './manager.js';
import { checkServiceName } from './name.js';
import { type FileRights, requireSafe, WINDOWS_RIGHTS } from './safe-files.js';

export interface InstallServiceOptions {
  /** 1 to 80 letters, digits, '.', '_' and '-'. Windows shows `displayName`. */
  readonly name: string;
  /** Default the name. */
  readonly displayName?: string | undefined;
  readonly description?: string | undefined;
  /** The program. Default this node.exe. */
  readonly program?: string | undefined;
  /** Its arguments; with node.exe the script first, with its absolute path. */
  readonly args: readonly string[];
  /**
   * Files that decide what the service does, beside program and script: none of them may be one that other users can
   * change.
   */
  readonly files?: readonly string[] | undefined;
  /**
   * 'virtual' (default) is 'NT SERVICE\\name', an account that only this service has. Also 'LocalService',
   * 'NetworkService', 'LocalSystem' (which may do anything), and a managed account: 'DOMAIN\\name$'.
   */
  readonly account?: string | undefined;
  /** 'auto' (default) and 'delayed' with Windows, 'demand' by {@link startService}. */
  readonly start?: 'auto' | 'delayed' | 'demand' | undefined;
  /** Names of services that Windows starts before. */
  readonly dependencies?: readonly string[] | undefined;
  /** Milliseconds that it may take to stop, also when Windows shuts down. Default 25,000. */
  readonly stopsWithin?: number | undefined;
  /**
   * Milliseconds after which Windows restarts it when it has failed for the first, the second, and each further time.
   * Default 1,000, 10,000 and 60,000; [] for never. A day without failure makes the next one the first.
   */
  readonly restartAfter?: readonly number[] | undefined;
}

/** SERVICE_AUTO_START and SERVICE_DEMAND_START. */
const START_TYPES = { auto: 2, delayed: 2, demand: 3 } as const;

/** SERVICE_SID_TYPE_UNRESTRICTED */
const UNRESTRICTED = 1;

/** Over what the service may take, for the way from Windows to it and back. */
const MARGIN_MS = 5_000;

const A_DAY = 86_400;

/**
 * Installs a service of Windows: `node.exe` itself runs as the service, and becomes one by `runAsService()`. Needs an
 * administrator. Nothing is left behind if a step fails.
 *
 * @throws SchannelError ERR_SCHANNEL_SERVICE_EXISTS, ERR_SCHANNEL_SERVICE_NAME, ERR_SCHANNEL_SERVICE_COMMAND,
 *   ERR_SCHANNEL_SERVICE_UNSAFE if other users can change program, script or files, ERR_SCHANNEL_SERVICE_ACCESS_DENIED,
 *   ERR_SCHANNEL_SERVICE_FAILURE; TypeError ERR_INVALID_ARG_TYPE
 */
export async function installService(
  options: InstallServiceOptions,
  system = thisSystem(),
  rights: FileRights = WINDOWS_RIGHTS,
): Promise<ServiceStatus> {
  const service = newServiceOf(options, capabilitiesOf(system.addon.platform).serviceSids);
  const { name } = service;
  const manager = new ServiceManager(system);
  await requireFree(manager, name);
  await requireSafe(filesOf(options, rights), rights);
  await manager.install(service);
  try {
    await manager.mark(name);
    await manager.addEventSource(name);
    return statusOf(name, await ownService(manager, name));
  } catch (error) {
    await manager.removeEventSource(name).catch(() => undefined);
    await manager.remove(name).catch(() => undefined);
    throw error;
  }
}

/**
 * Checks everything that {@link installService} checks, with the same errors, and changes nothing.
 *
 * @returns the command line of the service, and its account; '' is LocalSystem
 */
export async function checkInstallService(
  options: InstallServiceOptions,
  system = thisSystem(),
  rights: FileRights = WINDOWS_RIGHTS,
): Promise<{ readonly command: string; readonly account: string }> {
  const { name, command, account } = newServiceOf(options, true);
  await requireFree(new ServiceManager(system), name);
  await requireSafe(filesOf(options, rights), rights);
  return { command, account };
}

/**
 * Stops and removes a service that {@link installService} has made, with its source of events.
 *
 * @throws SchannelError ERR_SCHANNEL_SERVICE_NOT_FOUND, ERR_SCHANNEL_SERVICE_FOREIGN, ERR_SCHANNEL_SERVICE_TIMEOUT if
 * it   does not stop: nothing was removed then
 */
export async function removeService(name: string, system = thisSystem()): Promise<void> {
  checkServiceName(name);
  const manager = new ServiceManager(system);
  await ownService(manager, name);
  await stopService(name, {}, system);
  await manager.remove(name);
  await untilGone(name, manager, system);
  // Windows removes the key of the service with its last handle, and with it what we have put there.
  if ((await manager.eventSource(name)) === 'own') await manager.removeEventSource(name);
}

/** How often it is looked, and the milliseconds between. */
const LOOKS = 25;
const BETWEEN_MS = 200;

/**
 * Windows keeps a removed service as long as somebody has it open, and its process too, which is about to end. If that
 * takes longer, it will be gone later.
 */
async function untilGone(name: string, manager: ServiceManager, { clock }: ServiceSystem): Promise<void> {
  for (let looks = 0; looks < LOOKS && (await manager.facts(name)) !== null; looks += 1) {
    await pauseFor(clock, BETWEEN_MS).over;
  }
}

async function requireFree(manager: ServiceManager, name: string): Promise<void> {
  if ((await manager.facts(name)) !== null) {
    throw new SchannelError('ERR_SCHANNEL_SERVICE_EXISTS', `There is a service ${name} already`, {
      phase: 'service',
      advice: `Choose another name. If it is yours, remove it first: schannel service remove ${name}`,
    });
  }
  if ((await manager.eventSource(name)) !== 'foreign') return;
  throw new SchannelError(
    'ERR_SCHANNEL_SERVICE_EXISTS',
    `Another program writes events as ${name}, so a service of this name could not`,
    { phase: 'service', advice: 'Choose another name.' },
  );
}

function newServiceOf(options: InstallServiceOptions, hasSids: boolean): NativeNewService {
  const { name, start = 'auto', account = 'virtual', program = process.execPath, args } = options;
  checkServiceName(name);
  checkTexts(options);
  if (!Object.hasOwn(START_TYPES, start)) {
    throw invalidType('options.start', "one of 'auto', 'delayed' and 'demand'", start);
  }
  const stopsWithin = numberWithin('options.stopsWithin', options.stopsWithin ?? 25_000, 1, 86_400_000);
  const restartDelays = options.restartAfter ?? [1_000, 10_000, 60_000];
  for (const delay of restartDelays) numberWithin('options.restartAfter', delay, 0, 86_400_000);
  return {
    name,
    displayName: options.displayName ?? name,
    description: options.description ?? '',
    command: serviceCommandLine(program, args),
    account: accountOf(name, account),
    startType: START_TYPES[start],
    delayed: start === 'delayed',
    dependencies: options.dependencies ?? [],
    restartDelays,
    failureReset: A_DAY,
    preshutdownTimeout: stopsWithin + MARGIN_MS,
    sidType: hasSids ? UNRESTRICTED : 0,
  };
}

/** Texts for Windows end at a NUL, so what follows one would be lost. */
function checkTexts(options: InstallServiceOptions): void {
  const { displayName, description, program, account, args, dependencies = [], files = [] } = options;
  const lists = { args, dependencies, files };
  for (const [key, list] of Object.entries(lists)) {
    if (!Array.isArray(list)) throw invalidType(`options.${key}`, 'an instance of Array', list);
  }
  const texts: readonly (readonly [string, unknown])[] = [
    ...Object.entries({ displayName, description, program, account }).filter(
      ([, text]) => text !== undefined,
    ),
    ...Object.entries(lists).flatMap(([key, list]) => list.map((text) => [key, text] as const)),
  ];
  for (const [key, text] of texts) {
    if (typeof text !== 'string') throw invalidType(`options.${key}`, 'of type string', text);
    if (!text.includes('\0')) continue;
    throw new SchannelError('ERR_SCHANNEL_SERVICE_COMMAND', `${printable(text)} has a NUL`, {
      phase: 'service',
    });
  }
}

/** Windows has no other sign of a script. */
const SCRIPT = /\.[cm]?[jt]s$/i;

/**
 * Program, scripts and files. Options of Node.js may stand in front of the script, and name others: '--import
 * file.mjs', '--require=file.js'.
 */
function filesOf(
  { program = process.execPath, args, files = [] }: InstallServiceOptions,
  { exists }: FileRights,
): string[] {
  const [first] = args;
  const scripts = args
    .map((arg) => arg.replace(/^-[^=]*=/, ''))
    .filter((arg) => SCRIPT.test(arg) && path.win32.isAbsolute(arg) && exists(arg));
  const isScript = first !== undefined && SCRIPT.test(first) && !first.startsWith('-');
  const required = [program, ...(isScript ? [first] : []), ...files];
  for (const file of required) {
    const isAbsolute = path.win32.isAbsolute(file);
    if (isAbsolute && exists(file)) continue;
    throw new SchannelError(
      'ERR_SCHANNEL_SERVICE_COMMAND',
      isAbsolute
        ? `${printable(file)} is not there`
        : `${printable(file)} is no absolute path, and a service starts in another folder`,
      { phase: 'service', advice: 'Check the path.' },
    );
  }
  return [...required, ...scripts];
}
