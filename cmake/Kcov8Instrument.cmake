# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# kcov8_instrument(TARGET [OPTION...])
#   compile TARGET with kcov8's pass; OPTIONs as in `kcov8-clang --kcov8-OPTION`.
#   Link it with kcov8::runtime, or with kcov8::core and a port of your own.
#
# The same in kcov8's own tree and behind find_package(kcov8). What differs is
# where plugins are: kcov8_find_plugins(PASS OPTIONS), which sets two variables.
function(kcov8_instrument target)
  kcov8_find_plugins(pass options)
  set(flags -fplugin=${options} -fplugin=${pass} -fpass-plugin=${pass}
    -fplugin-arg-kcov8-prefix-map=${CMAKE_SOURCE_DIR}=.)
  foreach(option ${ARGN})
    list(APPEND flags -fplugin-arg-kcov8-${option})
  endforeach()
  target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:C,CXX>:${flags}>)
  # A new pass means new objects.
  get_target_property(sources ${target} SOURCES)
  set_property(SOURCE ${sources} APPEND PROPERTY OBJECT_DEPENDS
    "${pass};${options}")
  if(TARGET kcov8-pass)
    add_dependencies(${target} kcov8-pass kcov8-options)
  endif()
endfunction()
