# The second opinion: clang reads the same sources with the same warnings and writes nothing. Part of every cross build
# where clang++ is installed; `cmake --build … --target clang_check` runs it alone.
find_program(SCHANNEL_CLANG clang++)

function(schannel_clang_check)
  cmake_parse_arguments(check "" "" "SOURCES;INCLUDES;SYSTEM_INCLUDES;DEFINES" ${ARGN})
  if(NOT SCHANNEL_CLANG OR MSVC OR NOT CMAKE_CROSSCOMPILING)
    return()
  endif()
  list(FILTER check_SOURCES INCLUDE REGEX "\\.cc$")
  # The C++ library is GCC's; the Windows headers clang finds by itself.
  set(library ${CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES})
  list(FILTER library INCLUDE REGEX "/c\\+\\+")
  list(APPEND check_SYSTEM_INCLUDES ${library})
  set(includes "")
  foreach(directory IN LISTS check_INCLUDES)
    list(APPEND includes -I${directory})
  endforeach()
  foreach(directory IN LISTS check_SYSTEM_INCLUDES)
    # node-addon-api names its folder relative to where node was started.
    get_filename_component(directory ${directory} ABSOLUTE BASE_DIR ${CMAKE_SOURCE_DIR})
    list(APPEND includes -isystem ${directory})
  endforeach()
  list(TRANSFORM check_DEFINES PREPEND -D)
  set(stamps "")
  foreach(source IN LISTS check_SOURCES)
    get_filename_component(source ${source} ABSOLUTE BASE_DIR ${CMAKE_SOURCE_DIR})
    file(RELATIVE_PATH name ${CMAKE_SOURCE_DIR} ${source})
    string(REPLACE "/" "." name ${name})
    set(stamp ${CMAKE_BINARY_DIR}/clang_check/${name})
    add_custom_command(OUTPUT ${stamp} DEPENDS ${source} DEPFILE ${stamp}.d VERBATIM
      COMMENT "Checking ${name} with clang"
      COMMAND ${SCHANNEL_CLANG} --target=${SCHANNEL_TRIPLET} -fsyntax-only -std=c++17
        -Wall -Wextra -Wshadow -Wconversion -Werror -pedantic-errors
        ${check_DEFINES} ${includes} -MD -MT ${stamp} -MF ${stamp}.d ${source}
      COMMAND ${CMAKE_COMMAND} -E touch ${stamp})
    list(APPEND stamps ${stamp})
  endforeach()
  add_custom_target(clang_check ALL DEPENDS ${stamps})
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/clang_check)
endfunction()
