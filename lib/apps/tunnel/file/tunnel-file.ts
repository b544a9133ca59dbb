import path from 'node:path';
import type { ConfigurationFiles } from '../../../formats/stunnel/read-configuration.js';
import type { TunnelOptions } from '../options.js';
import type { TunnelParts } from '../parts.js';
import type { StunnelNotice, StunnelProcess } from '../stunnel/plan.js';
import type { CloseOptions } from '../tunnel.js';
import { type ListenOptions, Tunnels } from '../tunnels.js';
import { RememberedFiles } from './disk.js';
import { FilesWatch, type WatchFolder } from './folder-watch.js';
import { readTunnelFile, type ReadStunnelConfOptions, type TunnelFileContents } from './read-tunnel-file.js';

/** How a file is opened. */
export interface OpenTunnelFileOptions extends ReadStunnelConfOptions {
  /** Read the file again when it changes, or one that it names. Default true. */
  readonly watch?: boolean | undefined;
  /** Changes the options of each tunnel, for what a file does not have. */
  readonly adapt?: ((options: TunnelOptions) => TunnelOptions) | undefined;
}

/** What the file of a running program is read and watched with. Tests have other parts. */
export interface TunnelFileParts {
  readonly tunnels: TunnelParts;
  readonly files: ConfigurationFiles;
  readonly watchFolder: WatchFolder;
}

/** The tunnels of a file, which change with it. */
export class TunnelFile implements AsyncDisposable {
  readonly #file: string;
  readonly #options: OpenTunnelFileOptions;
  readonly #parts: TunnelFileParts;
  readonly #watch: FilesWatch | null;
  readonly #tunnels: Tunnels;
  #files: RememberedFiles;
  #isClosed = false;
  #contents: TunnelFileContents;

  private constructor(file: string, options: OpenTunnelFileOptions, parts: TunnelFileParts, first: Reading) {
    this.#file = file;
    this.#options = options;
    this.#parts = parts;
    this.#files = first.files;
    this.#contents = first.contents;
    this.#tunnels = new Tunnels(adapted(first.contents, options), parts.tunnels, first.contents.faultOf);
    this.#watch =
      options.watch === false
        ? null
        : new FilesWatch({
            clock: parts.tunnels.clock,
            watchFolder: parts.watchFolder,
            settled: () => void this.#follow(),
            failed: (error) => this.#tunnels.warn(error, ''),
          });
  }

  /** Internal: openTunnelFile() opens it. @throws as openTunnelFile() */
  static async open(
    file: string,
    options: OpenTunnelFileOptions,
    parts: TunnelFileParts,
  ): Promise<TunnelFile> {
    return new TunnelFile(file, options, parts, await read(file, options, new RememberedFiles(parts.files)));
  }

  /** What listens. Its events say what happens. */
  get tunnels(): Tunnels {
    return this.#tunnels;
  }

  /** What works in another way than in stunnel, or is less safe than it may seem. */
  get notices(): readonly StunnelNotice[] {
    return this.#contents.notices;
  }

  /** What the file says about the process: log file, level, name of the service. */
  get process(): StunnelProcess {
    return this.#contents.process;
  }

  /** Complete paths of what was read: the file, what it includes and names, and folders that were read as a whole. */
  get files(): readonly string[] {
    return this.#files.paths;
  }

  /**
   * Starts to take connections, with all tunnels or with none, and to follow the file.
   * @throws SchannelError as Tunnels.listen()
   */
  async listen(options?: ListenOptions): Promise<void> {
    await this.#tunnels.listen(options);
    this.follow();
  }

  /** Internal: follows the file, where other processes take the connections. */
  follow(): void {
    this.#watch?.watch(this.#files.paths);
  }

  /**
   * Reads the file again, and exchanges everything at once for new connections. If something is wrong, nothing changes.
   * @throws SchannelError as openTunnelFile() and {@link listen}
   */
  reload(): Promise<void> {
    return this.#tunnels.reloadFrom(async () => {
      const files = new RememberedFiles(this.#parts.files);
      try {
        const { contents } = await read(this.#file, this.#options, files);
        this.#contents = contents;
        return { options: adapted(contents, this.#options), blame: contents.faultOf };
      } finally {
        // Also of what was wrong: the next change counts.
        this.#files = files;
        this.#watch?.watch([...new Set([path.resolve(this.#file), ...files.paths])]);
      }
    });
  }

  /**
   * Takes no more connections, and waits until those that are there have ended.
   * @returns how many connections were cut off because the time was over
   */
  close(options?: CloseOptions): Promise<number> {
    this.#isClosed = true;
    this.#watch?.close();
    return this.#tunnels.close(options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Something in the folder has changed: perhaps not what was read. */
  async #follow(): Promise<void> {
    const files = new RememberedFiles(this.#parts.files);
    await read(this.#file, this.#options, files).catch(() => undefined);
    if (this.#isClosed || files.isSame(this.#files)) return;
    // What is wrong is in the event.
    await this.reload().catch(() => undefined);
  }
}

interface Reading {
  readonly files: RememberedFiles;
  readonly contents: TunnelFileContents;
}

const read = async (
  file: string,
  options: OpenTunnelFileOptions,
  files: RememberedFiles,
): Promise<Reading> => ({
  files,
  contents: await readTunnelFile(file, options, files),
});

const adapted = (
  { services }: TunnelFileContents,
  { adapt = (options) => options }: OpenTunnelFileOptions,
): readonly TunnelOptions[] => services.map(adapt);
