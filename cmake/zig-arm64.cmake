# cmake -S . -B build/cmake/arm64 -G Ninja -DCMAKE_TOOLCHAIN_FILE=cmake/zig-arm64.cmake -DSCHANNEL_ZIG=<zig>
# Debian has neither import libraries nor a C++ runtime of Windows on arm64. Zig brings both, with clang and lld.
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR ARM64)
set(SCHANNEL_ARCH arm64)
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES SCHANNEL_ZIG)
set(CMAKE_CXX_COMPILER ${SCHANNEL_ZIG} c++ -target aarch64-windows-gnu)
# CMake's own checks take the flags of the add-on: Zig builds its C++ library once for each level of optimization.
set(CMAKE_CXX_FLAGS_INIT -O2)
# Resources are the same for each processor as long as they are no object file.
set(CMAKE_RC_COMPILER x86_64-w64-mingw32-windres)
set(CMAKE_RC_FLAGS_INIT "-O res")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
