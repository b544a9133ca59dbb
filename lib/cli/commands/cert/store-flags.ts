import { InvalidArgumentError, type Command } from 'commander';
import { findLocation, STORE_LOCATIONS, type StoreLocation } from '../../../windows/store/locations.js';
import type { OpenStoreOptions } from '../../../windows/store/store-options.js';
import type { CertificateStore } from '../../../windows/store/store.js';
import type { CertificateLibrary } from '../../command-context.js';

/** The options that select a store, as commander parses them. */
export interface StoreFlags {
  readonly store?: string;
  readonly location?: StoreLocation;
  readonly archived?: boolean;
  readonly json?: boolean;
}

/** Adds the options that all commands on stores share. @param standard the store if none is named */
export function addStoreFlags(command: Command, standard = 'MY'): Command {
  return command
    .option('--store <name>', `store: MY, CA, Root, LocalMachine\\MY … (default: ${standard})`)
    .option('--location <name>', 'location of the store (default: CurrentUser)', storeLocation)
    .option('--json', 'print one JSON object');
}

/** Adds the option of commands that search for certificates. */
export const addArchivedFlag = (command: Command): Command =>
  command.option('--archived', 'include archived certificates');

/** Opens the store that the options select. Close it. @param standard the store if none is named */
export function openSelectedStore(
  library: CertificateLibrary,
  flags: StoreFlags,
  standard: string,
  options: OpenStoreOptions = {},
): Promise<CertificateStore> {
  return library.openStore(flags.store ?? standard, {
    ...(flags.location === undefined ? {} : { location: flags.location }),
    ...(flags.archived === undefined ? {} : { archived: flags.archived }),
    ...options,
  });
}

function storeLocation(text: string): StoreLocation {
  const location = findLocation(text);
  if (location === null) throw new InvalidArgumentError(`The locations are ${STORE_LOCATIONS.join(', ')}.`);
  return location;
}
