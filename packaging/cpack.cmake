# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# CPack's configuration, from packaging/build: which packages, what they say of
# themselves, what they need. It sets source, work, maintainer,
# majors, libraries_N.
file(STRINGS ${source}/include/kcov8/kcov8.h version REGEX "^#define KCOV8_VERSION ")
string(REGEX REPLACE ".*\"(.*)\"" "\\1" version "${version}")
list(GET majors 0 newest)

set(CPACK_GENERATOR DEB)
set(CPACK_CMAKE_GENERATOR Ninja)
set(CPACK_PACKAGE_NAME kcov8)
set(CPACK_PACKAGE_VERSION ${version})
set(CPACK_PACKAGE_FILE_NAME kcov8-${version})
set(CPACK_PACKAGE_DIRECTORY ${work}/cpack)
set(CPACK_PACKAGE_CONTACT "${maintainer}")
set(CPACK_PACKAGE_VENDOR kcov8)
set(CPACK_PACKAGE_DESCRIPTION kcov8) # each package has its own
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_PRE_BUILD_SCRIPTS ${source}/packaging/finish.cmake)
set(KCOV8_SOURCE ${source})

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(same "(= ${version}-1)")

# Of each build its own components: CPACK_COMPONENTS_SET is what of it is taken.
set(CPACK_COMPONENTS_${newest} kcov8 dev)
foreach(n ${majors})
  list(APPEND CPACK_COMPONENTS_${n} llvm-${n})
  list(APPEND CPACK_COMPONENTS_ALL ${CPACK_COMPONENTS_${n}})
  list(APPEND CPACK_INSTALL_CMAKE_PROJECTS ${work}/llvm-${n} kcov8 ${n} /)
  list(APPEND plugins kcov8-llvm-${n})
endforeach()
list(JOIN plugins " | " any_plugin)

set(CPACK_DEBIAN_KCOV8_PACKAGE_NAME kcov8)
set(CPACK_DEBIAN_KCOV8_DESCRIPTION "kcov for programs that are not Linux: tool and compiler wrapper
kcov8 puts coverage probes into what clang compiles, and serves Linux's kcov
interface from a user-space kernel, an emulator or any other program.

This package has kcov8, which turns PCs into functions, lines and reports, and
kcov8-clang, which compiles with the plugin of the clang that it is told.")
set(CPACK_DEBIAN_KCOV8_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_KCOV8_PACKAGE_CONTROL_EXTRA ${source}/packaging/prerm)
set(CPACK_DEBIAN_KCOV8_PACKAGE_RECOMMENDS "libkcov8-dev ${same}, ${any_plugin}, libdw1")

set(CPACK_DEBIAN_DEV_PACKAGE_NAME libkcov8-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_DESCRIPTION "kcov for programs that are not Linux: runtime and headers
kcov8 puts coverage probes into what clang compiles, and serves Linux's kcov
interface from a user-space kernel, an emulator or any other program.

This package has the runtime as static libraries, hosted and freestanding, and
as one source to include; the headers; a CMake package; a small host to copy.")
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS "libc6-dev | libc-dev")
set(CPACK_DEBIAN_DEV_PACKAGE_SUGGESTS "kcov8")

foreach(n ${majors})
  set(CPACK_DEBIAN_LLVM-${n}_PACKAGE_NAME kcov8-llvm-${n})
  set(CPACK_DEBIAN_LLVM-${n}_DESCRIPTION "kcov for programs that are not Linux: plugins for clang ${n}
kcov8 puts coverage probes into what clang compiles, and serves Linux's kcov
interface from a user-space kernel, an emulator or any other program.

This package has the plugins for clang-${n}. Those for several LLVMs can be
installed side by side.")
  set(CPACK_DEBIAN_LLVM-${n}_PACKAGE_SHLIBDEPS ON)
  set(CPACK_DEBIAN_LLVM-${n}_PACKAGE_DEPENDS
    "kcov8 ${same}, libkcov8-dev ${same}, clang-${n}, ${libraries_${n}}")
endforeach()
