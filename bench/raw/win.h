#pragma once

// The only place of the benchmark that includes Windows headers: their order and switches matter.
#define SECURITY_WIN32
#define WIN32_LEAN_AND_MEAN
#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <windows.h>
// wincrypt.h needs windows.h first, schannel.h both.
#include <wincrypt.h>
// clang-format sorts within a block only, hence the comments between.
#include <schannel.h>
#include <security.h>
