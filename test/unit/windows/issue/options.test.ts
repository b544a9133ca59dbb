import assert from 'node:assert/strict';
import { commonNameOf as commonNameIn, readName } from '#lib/formats/x509/distinguished-name.js';
import { isEmptyName } from '#lib/formats/x509/subject.js';
import { parseOptions } from '#lib/windows/issue/options.js';
import type { SelfSignedOptions } from '#lib/windows/issue/self-signed-options.js';

const NOW = new Date('2030-01-01T12:00:00Z');
const parse = (options: SelfSignedOptions) => parseOptions(options, NOW);

/** The common name; null without one. */
const commonNameOf = (options: SelfSignedOptions): string | null =>
  commonNameIn(readName(parse(options).content.subject));

describe('windows/issue/options', () => {
  it('have defaults', () => {
    const { content, key, friendlyName, store } = parse({ dns: ['bar.example'] });
    assert.deepEqual(content.names, { dns: ['bar.example'], ip: [], email: [], upn: [], uri: [] });
    assert.deepEqual(content.usages, ['server', 'client']);
    assert.equal(content.notBefore.toISOString(), '2030-01-01T11:55:00.000Z');
    assert.equal(content.notAfter.toISOString(), '2031-01-01T12:00:00.000Z');
    assert.deepEqual(key, {});
    assert.equal(friendlyName, undefined);
    assert.equal(store, 'CurrentUser\\MY');
  });

  it('are valid from when they are told', () => {
    const validFrom = new Date('2029-12-31T11:00:00Z');
    const { content } = parse({ dns: ['bar.example'], validFrom, days: 1 });
    assert.deepEqual(content.notBefore, validFrom);
    assert.equal(content.notAfter.toISOString(), '2030-01-02T12:00:00.000Z');
  });

  it('take the first name for the subject', () => {
    assert.equal(
      commonNameOf({ dns: ['bücher.example', 'bar.example'], ip: ['::1'] }),
      'xn--bcher-kva.example',
    );
    assert.equal(commonNameOf({ ip: ['::1'] }), '::1');
  });

  it('leave the subject empty where the name is too long for one, or where that is asked for', () => {
    const long = `${'a'.repeat(60)}.example`;
    assert.equal(isEmptyName(parse({ dns: [long] }).content.subject), true);
    assert.equal(isEmptyName(parse({ dns: ['bar.example'], subject: '' }).content.subject), true);
  });

  it('are content with a subject', () => {
    assert.equal(commonNameOf({ subject: 'CN=Anna' }), 'Anna');
  });

  for (const [options, code] of [
    [{}, 'ERR_INVALID_ARG_VALUE'],
    [{ subject: ' ' }, 'ERR_INVALID_ARG_VALUE'],
    [{ dns: 'bar.example' }, 'ERR_INVALID_ARG_TYPE'],
    [{ dns: [1] }, 'ERR_INVALID_ARG_TYPE'],
    [{ ip: ['bar.example'] }, 'ERR_INVALID_ARG_VALUE'],
    [{ subject: 1 }, 'ERR_INVALID_ARG_TYPE'],
    [{ dns: ['a'], days: 0 }, 'ERR_OUT_OF_RANGE'],
    [{ dns: ['a'], days: 1.5 }, 'ERR_OUT_OF_RANGE'],
    [{ dns: ['a'], validFrom: 'now' }, 'ERR_INVALID_ARG_TYPE'],
    [{ dns: ['a'], validFrom: new Date(NaN) }, 'ERR_OUT_OF_RANGE'],
    [{ dns: ['a'], days: '365' }, 'ERR_INVALID_ARG_TYPE'],
    [{ dns: ['a'], usages: [] }, 'ERR_INVALID_ARG_VALUE'],
    [{ dns: ['a'], usages: ['mail'] }, 'ERR_INVALID_ARG_VALUE'],
    [{ dns: ['a'], usages: 'server' }, 'ERR_INVALID_ARG_TYPE'],
    [{ dns: ['a'], friendlyName: 1 }, 'ERR_INVALID_ARG_TYPE'],
    [{ dns: ['a'], key: 'rsa' }, 'ERR_INVALID_ARG_TYPE'],
    [{ dns: ['a'], key: null }, 'ERR_INVALID_ARG_TYPE'],
    [{ dns: ['a'], store: 1 }, 'ERR_INVALID_ARG_TYPE'],
  ] as const) {
    it(`are refused: ${JSON.stringify(options)}`, () => {
      assert.throws(() => parse(options as unknown as SelfSignedOptions), { code });
    });
  }
});
