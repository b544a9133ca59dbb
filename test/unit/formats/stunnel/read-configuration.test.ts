import assert from 'node:assert/strict';
import path from 'node:path';
import {
  CONFIGURATION_LIMITS,
  readConfiguration,
  type ConfigurationFiles,
} from '#lib/formats/stunnel/read-configuration.js';
import { memoryFiles, stunnelPath } from '../../../support/stunnel-files.js';

const MAIN = stunnelPath('stunnel.conf');

const read = (main: string, others: Readonly<Record<string, string>> = {}) =>
  readConfiguration(MAIN, memoryFiles({ 'stunnel.conf': main, ...others }));

const fault = (line: number, what: string, file = MAIN) => ({
  code: 'ERR_SCHANNEL_TUNNEL_CONFIG',
  message: `${file}:${line}: ${what}`,
});

describe('formats/stunnel/read-configuration', () => {
  it('divides a file into its head and sections, with names as stunnel spells them', async () => {
    const { head, sections, files } = await read(
      'DEBUG = 7\ncafile = x\n[a]\nACCEPT = 1\n[b]\nclient = yes\n',
    );
    assert.deepEqual(
      head.map(({ name, place }) => [name, place.line]),
      [
        ['debug', 1],
        ['CAfile', 2],
      ],
    );
    assert.deepEqual(
      sections.map(({ name, place, options }) => [name, place.line, options.map((one) => one.name)]),
      [
        ['a', 3, ['accept']],
        ['b', 5, ['client']],
      ],
    );
    assert.deepEqual(files, [MAIN]);
  });

  it('includes the files of a folder by name, in the section where it stands', async () => {
    const { sections, files } = await read('[a]\naccept = 1\ninclude = conf.d\nclient = yes', {
      'conf.d/20.conf': '[c]\naccept = 3',
      'conf.d/30.conf': '; nothing',
      'conf.d/10.conf': 'connect = 2\n[b]\naccept = 2',
    });
    assert.deepEqual(
      sections.map(({ name, options }) => [name, options.map((one) => `${one.name}=${one.value}`)]),
      [
        ['a', ['accept=1', 'connect=2']],
        ['b', ['accept=2']],
        ['c', ['accept=3', 'client=yes']],
      ],
    );
    assert.deepEqual(
      files.map((file) => path.basename(file)),
      ['stunnel.conf', '10.conf', '20.conf', '30.conf'],
    );
    assert.equal(sections[2]?.place.file, stunnelPath('conf.d/20.conf'));
  });

  it('takes folders in an included file from the folder of the first file', async () => {
    const { head } = await read('include = one', { 'one/a': 'include = two', 'two/b': 'debug = 3' });
    assert.deepEqual(
      head.map(({ value }) => value),
      ['3'],
    );
  });

  it('refuses a name that is none, and one of the process in a section', async () => {
    const what = 'Specified option name is not valid here';
    await assert.rejects(read('[a]\nacept = 1'), fault(2, `"acept = 1": ${what}`));
    await assert.rejects(read('[a]\noutput = x'), fault(2, `"output = x": ${what}`));
    await assert.rejects(read('constructor = 1'), fault(1, `"constructor = 1": ${what}`));
  });

  it('says where a fault is in an included file', async () => {
    await assert.rejects(
      read('include = d', { 'd/x': '\nfoo = 1' }),
      fault(2, '"foo = 1": Specified option name is not valid here', stunnelPath('d/x')),
    );
  });

  it('makes invisible characters of a fault visible', async () => {
    await assert.rejects(
      read('f\u001b[31m = 1'),
      fault(1, '"f?[31m = 1": Specified option name is not valid here'),
    );
  });

  it('says which file or folder it cannot read', async () => {
    await assert.rejects(
      readConfiguration(stunnelPath('none'), memoryFiles({})),
      fault(1, `Cannot read ${stunnelPath('none')}: no such file`, stunnelPath('none')),
    );
    await assert.rejects(
      read('\ninclude = none'),
      fault(2, `"include = none": Cannot read the folder ${stunnelPath('none')}: no such folder`),
    );
  });

  it('ends a folder that includes itself', async () => {
    const cycle = fault(1, '"include = d": Files include folders more than 8 deep', stunnelPath('d/x'));
    await assert.rejects(read('include = d', { 'd/x': 'include = d' }), cycle);
  });

  it('counts the files that are included', async () => {
    let reads = 0;
    const files = memoryFiles({ 'stunnel.conf': 'include = d', 'd/x': '' });
    const many: ConfigurationFiles = {
      read: (file) => {
        reads += 1;
        return files.read(file.includes(`${path.sep}d${path.sep}`) ? stunnelPath('d/x') : file);
      },
      list: () => Promise.resolve(Array.from({ length: 5000 }, (_, number) => String(number))),
    };
    await assert.rejects(readConfiguration(MAIN, many), fault(1, 'There are more than 1000 files'));
    assert.equal(reads, CONFIGURATION_LIMITS.files);
  });

  it('limits the bytes and the sections', async () => {
    const size = CONFIGURATION_LIMITS.bytes;
    const comments = ';\n'.repeat(size / 2);
    assert.equal((await read(comments)).steps, size);
    await assert.rejects(read(`${comments};`), fault(1, `The files have more than ${size} bytes`));
    await assert.rejects(
      read('[a]\n'.repeat(CONFIGURATION_LIMITS.sections + 1)),
      fault(10_001, 'There are more than 10000 sections'),
    );
  });

  it('neither crashes nor works more than the file is long, whatever is in it', async () => {
    const pieces = [
      '[',
      ']',
      '=',
      '\n',
      ' ',
      ';',
      '#',
      'accept',
      'connect',
      'include',
      'sni',
      '143',
      ':',
      'yes',
      '\0',
      'é',
      '\r',
      '\u2028',
    ];
    let seed = 1;
    const next = (below: number): number => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
      return (seed >>> 8) % below;
    };
    let [good, bad] = [0, 0];
    for (let round = 0; round < 2000; round += 1) {
      const text = Array.from({ length: next(40) }, () => pieces[next(pieces.length)] ?? '').join('');
      try {
        const { steps } = await read(text);
        assert.ok(steps <= text.length + 1, `${steps} for ${text.length}`);
        good += 1;
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'ERR_SCHANNEL_TUNNEL_CONFIG', JSON.stringify(text));
        bad += 1;
      }
    }
    assert.ok(good > 10 && bad > 1000, `${good} good, ${bad} bad`);
  });
});
