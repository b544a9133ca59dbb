// The only file that includes Windows headers, so that their order and the macros that steer them
// are settled once.
#pragma once

#ifndef SECURITY_WIN32
#define SECURITY_WIN32
#endif
// Makes schannel.h declare SCH_CREDENTIALS and TLS_PARAMETERS ("SCH_CREDENTIALS structure",
// remarks).
#ifndef SCHANNEL_USE_BLACKLISTS
#define SCHANNEL_USE_BLACKLISTS
#endif
// Makes wincrypt.h declare the whole of CERT_CHAIN_PARA ("CERT_CHAIN_PARA structure", remarks).
#ifndef CERT_CHAIN_PARA_HAS_EXTRA_FIELDS
#define CERT_CHAIN_PARA_HAS_EXTRA_FIELDS
#endif
#ifndef NOMINMAX
#define NOMINMAX
#endif
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#ifndef UNICODE
#define UNICODE
#endif
#ifndef _WIN32_WINNT
#define _WIN32_WINNT 0x0A00
#endif
// Windows 11; names that older systems lack are found at run time, never linked.
#ifndef NTDDI_VERSION
#define NTDDI_VERSION 0x0A00000C
#endif

// Each header needs the ones above it.
// clang-format off
#include <windows.h>
#include <subauth.h>
#include <wincrypt.h>
#include <sddl.h>
#include <ncrypt.h>
#include <security.h>
#include <schannel.h>
#include <winevt.h>
// clang-format on
