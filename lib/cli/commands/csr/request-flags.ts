import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import type { RequestLocation } from '../../../windows/request/request-options.js';
import { findLocation } from '../../../windows/store/locations.js';

/** The options of commands that look for pending requests. */
export interface PendingFlags {
  readonly location?: RequestLocation;
  readonly json?: boolean;
}

export const addPendingFlags = (command: Command): Command =>
  command
    .option('--location <name>', 'CurrentUser or LocalMachine (default: both)', requestLocation)
    .option('--json', 'print one JSON object');

function requestLocation(text: string): RequestLocation {
  const location = findLocation(text);
  if (location === 'CurrentUser' || location === 'LocalMachine') return location;
  throw new InvalidArgumentError('Requests are in CurrentUser or LocalMachine.');
}

/** The argument that selects a pending request, in the help. */
export const REQUEST_ARGUMENT = '<request>';
export const REQUEST_MEANING = 'reference, thumbprint or friendly name of a pending request';
