# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# What is installed beside targets, which their own folders install. The tree
# works wherever it is put: everything in it is found from bin/ or lib/cmake/. So
# its folders have fixed names. Three components, a package each:
#   kcov8    the tool, the wrapper, lit's module, man pages, completion,
#            documentation
#   dev      headers, static libraries, CMake package, pkg-config, sources that
#            hosts compile themselves
#   llvm-N   the plugins
include(CMakePackageConfigHelpers)

install(FILES docs/man/kcov8.1 docs/man/kcov8-clang.1
  DESTINATION share/man/man1 COMPONENT kcov8)
install(CODE "file(CREATE_LINK kcov8-clang.1
  \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/share/man/man1/kcov8-clang++.1\" SYMBOLIC)"
  COMPONENT kcov8)
foreach(program kcov8 kcov8-clang)
  install(FILES tools/completion/${program}.bash
    DESTINATION share/bash-completion/completions RENAME ${program}
    COMPONENT kcov8)
endforeach()
# Where Debian's Python looks, if the tree is /usr.
install(FILES python/kcov8_lit.py DESTINATION lib/python3/dist-packages
  COMPONENT kcov8)
install(FILES README.md CHANGELOG.md LICENSE DESTINATION share/doc/kcov8
  COMPONENT kcov8)
install(DIRECTORY docs DESTINATION share/doc/kcov8 COMPONENT kcov8
  FILES_MATCHING PATTERN "*.md" PATTERN "*.svg" PATTERN man EXCLUDE)

install(DIRECTORY include/kcov8 DESTINATION include COMPONENT dev)
# runtime/amalgam.c and what it includes, and hosts to copy (docs/integration.md).
install(DIRECTORY runtime DESTINATION share/kcov8 COMPONENT dev
  FILES_MATCHING PATTERN "*.[ch]" PATTERN hosted EXCLUDE)
install(DIRECTORY examples/minihost DESTINATION share/kcov8/examples
  COMPONENT dev FILES_MATCHING PATTERN "*.[ch]")

set(generated ${PROJECT_BINARY_DIR}/installed)
configure_file(cmake/kcov8.pc.in ${generated}/kcov8.pc @ONLY)
install(FILES ${generated}/kcov8.pc DESTINATION lib/pkgconfig COMPONENT dev)
install(EXPORT kcov8-targets NAMESPACE kcov8:: DESTINATION lib/cmake/kcov8
  COMPONENT dev)
configure_package_config_file(cmake/kcov8-config.cmake.in
  ${generated}/kcov8-config.cmake INSTALL_DESTINATION lib/cmake/kcov8
  NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file(${generated}/kcov8-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${generated}/kcov8-config.cmake
  ${generated}/kcov8-config-version.cmake cmake/Kcov8Instrument.cmake
  cmake/Kcov8Test.cmake
  DESTINATION lib/cmake/kcov8 COMPONENT dev)
