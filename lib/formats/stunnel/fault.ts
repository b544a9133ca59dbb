import { SchannelError } from '../../base/errors/schannel-error.js';
import { printable } from '../../base/text/printable.js';
import type { OptionLine, Place } from './configuration.js';
import { optionOf } from './option-table.js';

/** Options whose values are never shown. */
const isSecret = (name: string): boolean => optionOf(name)?.secret === true;

/** 'stunnel.conf:12'. */
export const placeText = ({ file, line }: Place): string => `${printable(file)}:${String(line)}`;

/** A section as a message shows it: '[imaps]'. */
export const sectionText = (name: string): string => `[${printable(name, 100)}]`;

/** A line as a message shows it, without its secret. */
export const lineText = ({ name, value }: OptionLine): string =>
  `"${printable(name, 100)} = ${isSecret(name) ? '***' : printable(value.replace(PIN, '$1***'), 100)}"`;

/** A PIN in a URI of a certificate. */
const PIN = /((?:^|[:;?&])pin(?:-value)?=)[^;&]*/gi;

/** The file is wrong at this place. @param cause what was noticed first */
export function faultAt(place: Place, what: string, advice?: string, cause?: unknown): SchannelError {
  return new SchannelError('ERR_SCHANNEL_TUNNEL_CONFIG', `${placeText(place)}: ${what}`, {
    place,
    ...(advice === undefined ? {} : { advice }),
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The value of an option is wrong, or it must not stand there. */
export const faultIn = (option: OptionLine, what: string, advice?: string): SchannelError =>
  faultAt(option.place, `${lineText(option)}: ${what}`, advice);

/** The line is right for stunnel, and cannot be honoured here. */
export function refusal(option: OptionLine, why: string, instead: string): SchannelError {
  return new SchannelError(
    'ERR_SCHANNEL_TUNNEL_CONFIG_REFUSED',
    `${placeText(option.place)}: ${lineText(option)}: This option cannot be honoured: ${why}`,
    { place: option.place, advice: instead },
  );
}
