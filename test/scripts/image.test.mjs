import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { problemsOf, readImage } from '../../scripts/package/image.mjs';
import { ADDON, OWN_ARCH } from '../../scripts/steps/native.mjs';
import { isWindows } from '../../scripts/support/paths.mjs';

describe('scripts/package/image', () => {
  const FINE = {
    machine: 'x64',
    protections: 0x160,
    exports: ['napi_register_module_v1', 'node_api_module_get_api_version_v1'],
    imports: { 'crypt32.dll': ['CertOpenStore'], 'kernel32.dll': ['Sleep'] },
  };

  it('reads the add-on that was built, and finds nothing wrong with it', function () {
    if (!existsSync(ADDON)) {
      this.test.skipReason = 'the add-on is not built here';
      this.skip();
    }
    const image = readImage(readFileSync(ADDON));
    assert.equal(image.machine, OWN_ARCH);
    assert.ok(image.imports['crypt32.dll'].includes('CertGetCertificateChain'));
    assert.ok(image.imports['secur32.dll'].includes('InitSecurityInterfaceW'));
    assert.deepEqual(problemsOf(image, OWN_ARCH), []);
    // The same sources give the same bytes. Visual C++ writes a hash there.
    if (!isWindows) assert.equal(image.time, 0);
  });

  it('finds another processor, a library too many, and an export too many', () => {
    assert.deepEqual(problemsOf(FINE, 'x64'), []);
    assert.deepEqual(problemsOf(FINE, 'arm64'), ['It is for x64, not for arm64.']);
    assert.deepEqual(problemsOf({ ...FINE, imports: { 'libc++.dll': [], 'node.exe': [] } }, 'x64'), [
      'It takes libc++.dll, which it should not need.',
      'It takes node.exe, which it should not need.',
    ]);
    assert.equal(problemsOf({ ...FINE, exports: [...FINE.exports, 'other'] }, 'x64').length, 1);
  });

  it('wants the protections of the processor', () => {
    assert.deepEqual(problemsOf({ ...FINE, protections: 0x140 }, 'x64'), [
      'It is not marked as HIGH_ENTROPY_VA.',
    ]);
    assert.deepEqual(problemsOf({ ...FINE, machine: 'ia32', protections: 0x140 }, 'ia32'), []);
    assert.deepEqual(problemsOf({ ...FINE, machine: 'ia32', protections: 0x40 }, 'ia32'), [
      'It is not marked as NX_COMPAT.',
    ]);
  });
});
