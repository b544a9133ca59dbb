#pragma once

// The only place in the benchmark that includes Windows headers: their order and macros matter.
#define SECURITY_WIN32
#define WIN32_LEAN_AND_MEAN
#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <windows.h>
// wincrypt.h needs windows.h first, schannel.h both.
#include <wincrypt.h>
// clang-format sorts only within a block, so there are comments between.
#include <schannel.h>
#include <security.h>
