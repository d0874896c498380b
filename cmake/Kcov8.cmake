# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# kcov8_warnings(TARGET)     the project's warnings on one target
# kcov8_instrument(TARGET [OPTION...])
#   compile TARGET with the pass of this build; OPTIONs as in `kcov8-clang
#   --kcov8-OPTION`. The C compiler must be the clang of the pass's LLVM.

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

function(kcov8_instrument target)
  set(pass ${CMAKE_LIBRARY_OUTPUT_DIRECTORY}/kcov8-pass.so)
  set(options ${CMAKE_LIBRARY_OUTPUT_DIRECTORY}/kcov8-options.so)
  set(flags -fplugin=${options} -fplugin=${pass} -fpass-plugin=${pass}
    -fplugin-arg-kcov8-prefix-map=${CMAKE_SOURCE_DIR}=.)
  foreach(option ${ARGN})
    list(APPEND flags -fplugin-arg-kcov8-${option})
  endforeach()
  target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:C,CXX>:${flags}>)
  add_dependencies(${target} kcov8-pass kcov8-options)
  # A new pass means new objects.
  get_target_property(sources ${target} SOURCES)
  set_property(SOURCE ${sources} APPEND PROPERTY OBJECT_DEPENDS
    "${pass};${options}")
endfunction()
