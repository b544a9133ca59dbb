import { startPeer, type Peer } from './peers.js';

interface Answer {
  readonly id?: number;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

interface Evaluated {
  readonly result: { readonly value?: unknown };
  readonly exceptionDetails?: {
    readonly text: string;
    readonly exception?: { readonly description?: string };
  };
}

/** A server whose authority the browser trusts, and the certificate that it shows there. */
export interface TrustedSite {
  readonly origin: string;
  /** PEM. */
  readonly ca: string;
  /** With its key, and its password. */
  readonly client?: { readonly pfx: Uint8Array; readonly password: string } | undefined;
}

/** A point on the page, in CSS pixels. */
interface Point {
  readonly x: number;
  readonly y: number;
}

const KEYS: Readonly<Record<string, { code: string; windowsVirtualKeyCode: number; text?: string }>> = {
  Tab: { code: 'Tab', windowsVirtualKeyCode: 9 },
  Enter: { code: 'Enter', windowsVirtualKeyCode: 13, text: '\r' },
  ' ': { code: 'Space', windowsVirtualKeyCode: 32, text: ' ' },
  ArrowDown: { code: 'ArrowDown', windowsVirtualKeyCode: 40 },
};

/** One tab of Chromium, by the Chrome DevTools Protocol over its pipe. Call needsPeer(this, 'chromium') first. */
export class Tab {
  readonly #peer: Peer;
  readonly #waiting = new Map<
    number,
    { resolve: (value: unknown) => void; reject: (error: Error) => void }
  >();
  #session = '';
  #next = 0;
  #text = '';
  /** What the page has written to its console, and what its policy has forbidden. */
  readonly complaints: string[] = [];

  private constructor(peer: Peer) {
    this.#peer = peer;
    peer.stdout.on('data', (chunk: Buffer) => {
      const parts = (this.#text + chunk.toString()).split('\0');
      this.#text = parts.pop() ?? '';
      for (const part of parts) this.#receive(JSON.parse(part) as Answer);
    });
    void peer.exited.then(() => {
      for (const { reject } of this.#waiting.values()) reject(new Error('Chromium has ended'));
    });
  }

  static async open(width = 1280, height = 900, site?: TrustedSite): Promise<Tab> {
    const flags = [
      '--remote-debugging-pipe',
      `--window-size=${width},${height}`,
      '--hide-scrollbars',
      '--lang=en-GB',
    ];
    const files: Record<string, string> = {};
    if (site !== undefined) files['ca.pem'] = site.ca;
    if (site?.client !== undefined) {
      files['client.pfx'] = Buffer.from(site.client.pfx).toString('base64');
      flags.push('--client-pfx={file:client.pfx}', `--client-password=${site.client.password}`);
    }
    // The certificate is for the first page.
    const first = site === undefined ? ['-', 'about:blank'] : ['{file:ca.pem}', `${site.origin}/`];
    const tab = new Tab(await startPeer('chromium', [...first, ...flags], { files }));
    const { targetInfos } = (await tab.send('Target.getTargets')) as {
      targetInfos: { targetId: string; type: string }[];
    };
    const page = targetInfos.find(({ type }) => type === 'page');
    const { sessionId } = (await tab.send('Target.attachToTarget', {
      targetId: page?.targetId,
      flatten: true,
    })) as { sessionId: string };
    tab.#session = sessionId;
    for (const domain of ['Page', 'Runtime', 'Log', 'Accessibility']) await tab.send(`${domain}.enable`);
    return tab;
  }

  /** A command of the protocol. */
  send(method: string, params: object = {}): Promise<unknown> {
    const id = (this.#next += 1);
    const message = { id, method, params, ...(this.#session !== '' && { sessionId: this.#session }) };
    this.#peer.stdin.write(`${JSON.stringify(message)}\0`);
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  /** @returns why there is no page, such as 'net::ERR_CONNECTION_REFUSED' */
  async go(url: string): Promise<string | undefined> {
    const { errorText } = (await this.send('Page.navigate', { url })) as { errorText?: string };
    await this.until('document.readyState === "complete"');
    return errorText;
  }

  /** The value of an expression in the page. */
  async evaluate<Value>(expression: string): Promise<Value> {
    const { result, exceptionDetails } = (await this.send('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
    })) as Evaluated;
    if (exceptionDetails !== undefined) {
      throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    }
    return result.value as Value;
  }

  /** Until an expression in the page is true: it is looked at with each frame. */
  async until(condition: string): Promise<void> {
    await this.evaluate(
      `new Promise((resolve) => {
      const look = () => ((() => { try { return ${condition}; } catch { return false; } })() ? resolve() : setTimeout(look, 15));
      look();
    })`,
    ).catch(async (error: unknown) => {
      // The page was left meanwhile.
      if (!/navigated|destroyed|Cannot find context/i.test(String(error))) throw error;
      await this.until(condition);
    });
  }

  /** Moves the mouse to the middle of an element, which is scrolled to, and presses it. */
  async click(selector: string): Promise<void> {
    const { x, y } = await this.evaluate<Point>(`(() => {
      const element = document.querySelector(${JSON.stringify(selector)});
      element.scrollIntoView({ block: 'center', behavior: 'instant' });
      const { x, y, width, height } = element.getBoundingClientRect();
      return { x: x + width / 2, y: y + height / 2 };
    })()`);
    await this.send('Input.dispatchMouseEvent', { type: 'mouseMoved', x, y });
    for (const type of ['mousePressed', 'mouseReleased']) {
      await this.send('Input.dispatchMouseEvent', { type, x, y, button: 'left', clickCount: 1 });
    }
  }

  /** Presses a key: 'Tab', 'Enter', ' ', 'ArrowDown'. */
  async press(key: string): Promise<void> {
    const { code = key, windowsVirtualKeyCode = 0, text } = KEYS[key] ?? {};
    const event = { key, code, windowsVirtualKeyCode };
    await this.send('Input.dispatchKeyEvent', { type: 'keyDown', ...event, ...(text && { text }) });
    await this.send('Input.dispatchKeyEvent', { type: 'keyUp', ...event });
  }

  /** Types into what has the focus. */
  async type(text: string): Promise<void> {
    await this.send('Input.insertText', { text });
  }

  /** Goes from control to control by the keyboard until one has the focus. @param most how many steps it may take */
  async tabTo(selector: string, most = 80): Promise<void> {
    for (let step = 0; step < most; step += 1) {
      if (await this.evaluate(`document.activeElement?.matches(${JSON.stringify(selector)})`)) return;
      await this.press('Tab');
    }
    throw new Error(`The keyboard does not get to ${selector}`);
  }

  async colours(scheme: 'light' | 'dark'): Promise<void> {
    await this.send('Emulation.setEmulatedMedia', {
      features: [{ name: 'prefers-color-scheme', value: scheme }],
    });
  }

  /** A picture of what is seen, as PNG. @param whole the whole page, however long it is */
  async picture(whole = false): Promise<Buffer> {
    const { data } = (await this.send('Page.captureScreenshot', {
      format: 'png',
      captureBeyondViewport: whole,
    })) as { data: string };
    return Buffer.from(data, 'base64');
  }

  close(): Promise<void> {
    return this.#peer.stop();
  }

  #receive({ id, method, params, result, error }: Answer): void {
    if (method === 'Runtime.exceptionThrown' || method === 'Log.entryAdded') {
      this.complaints.push(JSON.stringify(params));
    }
    // Whether to leave a page with changes.
    if (method === 'Page.javascriptDialogOpening') {
      void this.send('Page.handleJavaScriptDialog', { accept: true });
    }
    const waiting = id === undefined ? undefined : this.#waiting.get(id);
    if (id === undefined || waiting === undefined) return;
    this.#waiting.delete(id);
    if (error === undefined) waiting.resolve(result);
    else waiting.reject(new Error(error.message));
  }
}
