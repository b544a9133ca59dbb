import path from 'node:path';

import { toError } from '../../base/errors/to-error.js';
import type { Configuration, OptionLine, Place, Section } from './configuration.js';
import { faultAt, faultIn } from './fault.js';
import { linesOf, type Meter } from './lines.js';
import { optionOf } from './option-table.js';

/** What a configuration is read from. */
export interface ConfigurationFiles {
  /** @throws Error if it can't be read */
  read(file: string): Promise<Uint8Array>;
  /** The names of the regular files in a folder, in any order. @throws Error if it can't be read */
  list(folder: string): Promise<readonly string[]>;
}

/** What a configuration may be at most. */
export const CONFIGURATION_LIMITS = {
  /** How deep files may include folders. */
  depth: 8,
  files: 1000,
  /** Bytes of all files together. */
  bytes: 4_194_304,
  sections: 10_000,
} as const;

/**
 * Reads a configuration of stunnel with everything that it includes. Paths in it begin at the folder of the first file.
 *
 * @throws SchannelError ERR_SCHANNEL_TUNNEL_CONFIG for a file that can't be read, for a line that is none, and for a
 *   name that is not an option or must not stand there
 */
export async function readConfiguration(file: string, files: ConfigurationFiles): Promise<Configuration> {
  const reader = new Reader(path.dirname(file), files);
  await reader.file(file, { file, line: 1, column: 1 }, 0);
  return reader.configuration();
}

class Reader {
  private readonly meter: Meter = { steps: 0 };
  private readonly read: string[] = [];
  private readonly head: OptionLine[] = [];
  private readonly sections: (Section & { readonly options: OptionLine[] })[] = [];
  private bytes = 0;

  constructor(
    private readonly folder: string,
    private readonly files: ConfigurationFiles,
  ) {}

  configuration(): Configuration {
    return { head: this.head, sections: this.sections, files: this.read, steps: this.meter.steps };
  }

  /** @param cause the line that includes it */
  async file(file: string, cause: Place, depth: number): Promise<void> {
    if (this.read.length === CONFIGURATION_LIMITS.files) {
      throw faultAt(cause, `There are more than ${String(CONFIGURATION_LIMITS.files)} files`, CYCLE);
    }
    this.read.push(file);
    const bytes = await this.files.read(file).catch((error: unknown) => {
      throw faultAt(cause, `Cannot read ${file}: ${toError(error).message}`);
    });
    this.bytes += bytes.length;
    if (this.bytes > CONFIGURATION_LIMITS.bytes) {
      throw faultAt(cause, `The files have more than ${String(CONFIGURATION_LIMITS.bytes)} bytes`, CYCLE);
    }
    for (const line of linesOf(file, bytes, this.meter)) {
      if (line.kind === 'section') this.begin(line.name, line.place);
      else await this.option(line, depth);
    }
  }

  private begin(name: string, place: Place): void {
    if (this.sections.length === CONFIGURATION_LIMITS.sections) {
      throw faultAt(place, `There are more than ${String(CONFIGURATION_LIMITS.sections)} sections`);
    }
    this.sections.push({ name, place, options: [] });
  }

  private async option(line: OptionLine, depth: number): Promise<void> {
    const known = optionOf(line.name);
    const section = this.sections.at(-1);
    if (known === null || (section !== undefined && known.scope === 'global')) {
      throw faultIn(line, 'Specified option name is not valid here', misplaced(known !== null));
    }
    const option: OptionLine = { name: known.name, value: line.value, place: line.place };
    if (known.name === 'include') await this.include(option, depth);
    else if (section === undefined) this.head.push(option);
    else section.options.push(option);
  }

  private async include(option: OptionLine, depth: number): Promise<void> {
    if (depth === CONFIGURATION_LIMITS.depth) {
      throw faultIn(
        option,
        `Files include folders more than ${String(CONFIGURATION_LIMITS.depth)} deep`,
        CYCLE,
      );
    }
    const folder = path.resolve(this.folder, option.value);
    const names = await this.files.list(folder).catch((error: unknown) => {
      throw faultIn(option, `Cannot read the folder ${folder}: ${toError(error).message}`);
    });
    for (const name of [...names].sort()) await this.file(path.join(folder, name), option.place, depth + 1);
  }
}

const CYCLE = 'Check whether a file includes its own folder.';

const misplaced = (isKnown: boolean): string =>
  isKnown
    ? 'Options of the whole process stand before the first section.'
    : 'It is not an option of stunnel. docs/tunnel.md has the list.';
