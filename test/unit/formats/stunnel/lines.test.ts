import assert from 'node:assert/strict';
import { linesOf, LONGEST_LINE, type Line } from '#lib/formats/stunnel/lines.js';

const read = (text: string | Uint8Array): { lines: Line[]; steps: number } => {
  const meter = { steps: 0 };
  const lines = [...linesOf('a.conf', typeof text === 'string' ? Buffer.from(text) : text, meter)];
  return { lines, steps: meter.steps };
};

const short = (text: string): string[] =>
  read(text).lines.map((line) =>
    line.kind === 'section'
      ? `${line.place.line}:${line.place.column} [${line.name}]`
      : `${line.place.line}:${line.place.column} ${line.name}|${line.value}`,
  );

const fault = (what: string, line: number) => (error: Error & { code?: string; place?: unknown }) =>
  error.code === 'ERR_SCHANNEL_TUNNEL_CONFIG' &&
  error.message === `a.conf:${line}: ${what}` &&
  (error.place as { line: number }).line === line;

describe('formats/stunnel/lines', () => {
  it('reads sections and options, and says where they are', () => {
    assert.deepEqual(short('debug=7\n\n[imaps]\r\n  accept = 143\n\tconnect=a:993'), [
      '1:1 debug|7',
      '3:1 [imaps]',
      '4:3 accept|143',
      '5:2 connect|a:993',
    ]);
  });

  it('takes a line for a comment only if it begins as one', () => {
    assert.deepEqual(short('; a = b\n # c = d\ne = f ; g # h'), ['3:1 e|f ; g # h']);
  });

  it('keeps quotation marks, brackets, further signs and backslashes in values', () => {
    assert.deepEqual(short('a = "b"\nc = [d]\ne = f=g\nh = i\\'), [
      '1:1 a|"b"',
      '2:1 c|[d]',
      '3:1 e|f=g',
      '4:1 h|i\\',
    ]);
  });

  it('reads values that are empty, and umlauts', () => {
    assert.deepEqual(short('sni =\noutput = für.log'), ['1:1 sni|', '2:1 output|für.log']);
  });

  it('skips a byte order mark', () => {
    assert.deepEqual(short('\ufeff[a]'), ['1:1 [a]']);
  });

  it('reads nothing in an empty file', () => {
    assert.deepEqual([short(''), short('\n\n'), short('\ufeff')], [[], [], []]);
  });

  it('refuses a line without a sign', () => {
    assert.throws(() => read('[a]\naccept 143'), fault("No '=' found", 2));
  });

  it('refuses a section without a name', () => {
    assert.throws(() => read('[ ]'), fault('The section has no name', 1));
  });

  it('refuses UTF-16 and what is not UTF-8, but not in comments', () => {
    assert.throws(() => read(Buffer.from('\ufeff[a]', 'utf16le')), fault('The file is in UTF-16', 1));
    assert.throws(
      () => read(Buffer.from('a=1\nb = f\xfcr', 'latin1')),
      fault('The line is not UTF-8 text', 2),
    );
    assert.throws(() => read('a = b\0c'), fault('The line is not UTF-8 text', 1));
    assert.deepEqual(read(Buffer.from('; f\xfcr', 'latin1')).lines, []);
  });

  it('refuses a line that is longer than one of stunnel may be', () => {
    const longest = `a=${'b'.repeat(LONGEST_LINE - 2)}`;
    assert.equal(read(longest).lines.length, 1);
    assert.throws(() => read(`\n${longest}b`), fault('Line too long', 2));
  });

  it('looks at each character of a megabyte once', () => {
    const size = 1_048_576;
    const shapes = [
      ' '.repeat(16_000) + '\n',
      '\n',
      '[',
      '[a]\n',
      'a=\n',
      ';\n',
      ' = \n',
      '=[]\n',
      `a=${' '.repeat(9000)}\n`,
    ];
    for (const shape of shapes) {
      const text = shape.repeat(Math.ceil(size / shape.length)).slice(0, size);
      const meter = { steps: 0 };
      try {
        for (const line of linesOf('a.conf', Buffer.from(text), meter)) assert.ok(line.place.line > 0);
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'ERR_SCHANNEL_TUNNEL_CONFIG');
      }
      assert.ok(meter.steps <= size + 1, `${JSON.stringify(shape.slice(0, 9))}: ${meter.steps}`);
    }
  });
});
