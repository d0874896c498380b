# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# kcov8_warnings(TARGET)     the project's warnings on one target
# kcov8_instrument(TARGET [OPTION...])
#   compile TARGET with the pass of this build. The C compiler must be the clang
#   of the pass's LLVM.

function(kcov8_warnings target)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wshadow
    $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes -Wmissing-prototypes -Wvla>
    $<$<BOOL:${KCOV8_WERROR}>:-Werror>)
endfunction()

# Sanitizers go to our own C code, never to the pass (it runs inside clang).
function(kcov8_sanitize target)
  if(KCOV8_SANITIZE)
    target_compile_options(${target} PRIVATE
      -fsanitize=${KCOV8_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_link_options(${target} PUBLIC -fsanitize=${KCOV8_SANITIZE})
  endif()
endfunction()

# Of this build: see Kcov8Instrument.cmake.
function(kcov8_find_plugins pass options)
  foreach(plugin pass options)
    get_target_property(dir kcov8-${plugin} LIBRARY_OUTPUT_DIRECTORY)
    set(${${plugin}} ${dir}/kcov8-${plugin}.so PARENT_SCOPE)
  endforeach()
endfunction()

include(${CMAKE_CURRENT_LIST_DIR}/Kcov8Instrument.cmake)
