// In the place of mingw-w64's own, which knows its compiler only.
#pragma once
#define __LONG32 int
#define __MINGW_EXTENSION
#define __MINGW_NAME_AW(name) name##W
#define __MINGW_TYPEDEF_AW(name) typedef name##W name;
#define __stdcall
#define __cdecl
#define __declspec(x)
#define __C89_NAMELESS
#define DUMMYUNIONNAME
#define DUMMYSTRUCTNAME
#define __forceinline inline
