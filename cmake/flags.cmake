# Compiler and linker flags of everything we build.
function(schannel_flags target)
  target_compile_features(${target} PRIVATE cxx_std_17)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF CXX_VISIBILITY_PRESET hidden)
  if(MSVC)
    target_compile_options(${target} PRIVATE
      $<$<COMPILE_LANGUAGE:CXX>:/W4 /permissive- /Zc:__cplusplus /utf-8 /sdl /guard:cf /EHsc /Zi>)
    # /DEBUG writes schannel.pdb, which is published beside the package; it turns /OPT off unless told otherwise.
    target_link_options(${target} PRIVATE /guard:cf /Brepro /DYNAMICBASE /NXCOMPAT /DEBUG /OPT:REF /OPT:ICF)
    if(CMAKE_SIZEOF_VOID_P EQUAL 8)
      target_link_options(${target} PRIVATE /HIGHENTROPYVA)
    endif()
    if(MSVC_CXX_ARCHITECTURE_ID STREQUAL "x64")
      target_link_options(${target} PRIVATE /CETCOMPAT)
    endif()
    if(SCHANNEL_SPECTRE)
      target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:/Qspectre>)
    endif()
  else()
    # DWARF 4: winedbg reads nothing newer. No timestamps, idents or paths: the same sources give the same bytes.
    target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:
      -Wall -Wextra -Wshadow -Wconversion -pedantic-errors -gdwarf-4 $<$<CONFIG:Release>:-O2>
      -ffunction-sections -fdata-sections -fno-ident -ffile-prefix-map=${CMAKE_SOURCE_DIR}=.>)
    target_link_options(${target} PRIVATE -static -Wl,--gc-sections,--dynamicbase,--nxcompat)
    # Without auto-import a Node-API function that has no slot is an undefined reference, not a crash at load.
    # Zig refuses both options.
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      target_link_options(${target} PRIVATE -Wl,--no-insert-timestamp,--disable-auto-import)
    endif()
    if(CMAKE_SIZEOF_VOID_P EQUAL 8)
      target_link_options(${target} PRIVATE -Wl,--high-entropy-va)
    endif()
  endif()
  if(SCHANNEL_WERROR)
    target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:$<IF:$<BOOL:${MSVC}>,/WX,-Werror>>)
  endif()
endfunction()

# Release keeps its line numbers in <file>.debug beside it; Debug keeps them inside, where winedbg finds them.
function(schannel_separate_debug_info target)
  if(MSVC OR NOT CMAKE_BUILD_TYPE STREQUAL "Release")
    return()
  endif()
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_link_options(${target} PRIVATE -s)
    return()
  endif()
  # Both write the time into the file unless they are told another one.
  set(timeless ${CMAKE_COMMAND} -E env SOURCE_DATE_EPOCH=0)
  add_custom_command(TARGET ${target} POST_BUILD VERBATIM
    COMMAND ${timeless} ${CMAKE_OBJCOPY} --only-keep-debug $<TARGET_FILE:${target}> $<TARGET_FILE:${target}>.debug
    COMMAND ${timeless} ${CMAKE_STRIP} --strip-all $<TARGET_FILE:${target}>)
endfunction()
