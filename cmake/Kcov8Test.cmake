# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Tests of a project into an index: included by find_package(kcov8), or in any project
# by cmake -DCMAKE_PROJECT_INCLUDE=.../Kcov8Test.cmake.
#
# ctest reads this file, too, ahead of the project's tests: with KCOV8_INDEX in the
# environment each test runs under `kcov8 run --name TEST`, else as it is. What
# add_test() gets there is the command as ctest runs it, whoever made the test
# (gtest_discover_tests() as well).
if(DEFINED CMAKE_GENERATOR) # cmake reads it
  get_property(files DIRECTORY ${CMAKE_SOURCE_DIR} PROPERTY TEST_INCLUDE_FILES)
  if(NOT CMAKE_CURRENT_LIST_FILE IN_LIST files)
    set_property(DIRECTORY ${CMAKE_SOURCE_DIR} APPEND PROPERTY
      TEST_INCLUDE_FILES ${CMAKE_CURRENT_LIST_FILE})
  endif()
elseif(NOT "$ENV{KCOV8_INDEX}" STREQUAL "")
  get_property(done GLOBAL PROPERTY KCOV8_TEST)
  if(done)
    return()
  endif()
  set_property(GLOBAL PROPERTY KCOV8_TEST TRUE)
  if(NOT IS_ABSOLUTE "$ENV{KCOV8_INDEX}") # tests run in many directories
    message(FATAL_ERROR "KCOV8_INDEX=$ENV{KCOV8_INDEX}: give it from / on")
  endif()
  # Of the installed tree, of a clone, of PATH.
  set(KCOV8_RUN kcov8)
  foreach(beside ../build/bin ../../../bin)
    get_filename_component(tool ${CMAKE_CURRENT_LIST_DIR}/${beside}/kcov8 ABSOLUTE)
    if(EXISTS ${tool})
      set(KCOV8_RUN ${tool})
      break()
    endif()
  endforeach()

  # ctest's is _add_test() from here on. Arguments may be empty, or have semicolons
  # or brackets: so they are quoted, not expanded.
  # A program that ctest would not find, or would find elsewhere, is left to it.
  function(add_test)
    unset(program)
    find_program(program NAMES "${ARGV1}" NO_CACHE)
    math(EXPR last "${ARGC} - 1")
    foreach(i RANGE ${last})
      set(equals =)
      while("${ARGV${i}}" MATCHES "]${equals}")
        string(APPEND equals =)
      endwhile()
      # A newline that opens a bracket is none of the argument.
      set(argument "[${equals}[\n${ARGV${i}}]${equals}]")
      string(APPEND code " ${argument}")
      if(i EQUAL 0 AND program)
        string(APPEND code " [=[${KCOV8_RUN}]=] run --name ${argument} --")
      endif()
    endforeach()
    cmake_language(EVAL CODE "_add_test(${code})")
  endfunction()
endif()
