import assert from 'node:assert/strict';
import { refusalOf } from '#lib/web/static/file-path.js';

describe('web/static/file-path', () => {
  for (const url of [
    '/',
    '/index.html',
    '/a/b/c.min.js?v=1&x=a:b',
    '/b%C3%BCcher.html',
    '/with%20space.txt',
    '/.well-known/security.txt',
    '/console.js',
    '/nullable.css',
    '/com10.txt',
    '/~anna/',
    '/report~final.pdf',
    '/archive~2026-report.zip',
  ]) {
    it(`lets ${url} be a file`, () => {
      assert.equal(refusalOf(url), null);
    });
  }

  for (const [title, urls] of Object.entries({
    'streams and drives': [
      '/app.js::$DATA',
      '/app.js:secret',
      '/app.js%3A%3A$DATA',
      '/c:/windows/win.ini',
      '/folder::$INDEX_ALLOCATION/x',
    ],
    'dots and spaces that Windows drops': [
      '/app.js.',
      '/app.js%20',
      '/app.js%2e',
      '/folder./app.js',
      '/app.js.%20.',
    ],
    'ways up': ['/../secret', '/a/../../secret', '/%2e%2e/secret', '/a/..%2Fsecret', '/.'],
    backslashes: ['/a\\b', '/a%5Cb', '/..%5c..%5csecret', '/%5C%5Cserver%5Cshare'],
    devices: [
      '/nul',
      '/NUL.txt',
      '/con',
      '/aux.h',
      '/prn%20.txt',
      '/folder/com1',
      '/lpt9.log',
      '/COM%C2%B9.txt',
      '/conin$',
    ],
    'short names': ['/SECRET~1.TXT', '/secret~1', '/progra~2/x', '/AB12CD~1.HTM', '/~1'],
    'hidden files': [
      '/.git/config',
      '/.env',
      '/a/.htpasswd',
      '/.well-known/.secret',
      '/a/.well-known/x',
      '/web.config',
      '/a/WEB.CONFIG',
    ],
    'what no name of a file has': ['/a*', '/a%3Fb', '/a%7Cb', '/%22', '/a%00.html', '/a%0A', '/%3Cscript%3E'],
  })) {
    it(`hides ${title}`, () => {
      for (const url of urls) assert.equal(refusalOf(url), 'hidden', url);
    });
  }

  for (const url of ['/%', '/%zz', '/%c3', '/%C0%AE%C0%AE/x', '', '*', 'https://other.example/']) {
    it(`finds ${JSON.stringify(url)} malformed`, () => {
      assert.equal(refusalOf(url), 'malformed');
    });
  }
});
