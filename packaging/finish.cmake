# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# CPack runs this on what is installed, before it becomes packages: what Debian
# wants of each package and no other installation does.
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC) # of SOURCE_DATE_EPOCH
file(READ ${KCOV8_SOURCE}/LICENSE licence)
file(READ ${KCOV8_SOURCE}/LICENSES/LLVM-exception.txt exception)
foreach(component ${CPACK_COMPONENTS_ALL})
  string(TOUPPER ${component} upper)
  set(package ${CPACK_DEBIAN_${upper}_PACKAGE_NAME})
  set(usr ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/${component}/usr)
  set(doc ${usr}/share/doc/${package})
  file(WRITE ${doc}/copyright "Copyright: 2026 kcov8's authors

${licence}
On Debian systems, these licences are /usr/share/common-licenses/Apache-2.0 and
/usr/share/common-licenses/GPL-2. The exception:

${exception}")
  file(WRITE ${doc}/changelog.Debian
"kcov8 (${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}) unstable; urgency=medium

  * Built from the sources of kcov8 ${CPACK_PACKAGE_VERSION}; see CHANGELOG.md there.

 -- ${CPACK_PACKAGE_CONTACT}  ${date}
")
  file(REMOVE ${doc}/LICENSE) # copyright says it
  if(EXISTS ${doc}/CHANGELOG.md)
    file(RENAME ${doc}/CHANGELOG.md ${doc}/changelog)
  endif()
  file(GLOB pages ${usr}/share/man/man1/*.1)
  foreach(page ${pages} ${doc}/changelog.Debian ${doc}/changelog)
    if(IS_SYMLINK ${page})
      file(READ_SYMLINK ${page} target)
      file(REMOVE ${page})
      file(CREATE_LINK ${target}.gz ${page}.gz SYMBOLIC)
    elseif(EXISTS ${page})
      execute_process(COMMAND gzip -9n ${page} COMMAND_ERROR_IS_FATAL ANY)
    endif()
  endforeach()
  file(GLOB libraries ${usr}/lib/*.a)
  foreach(library ${libraries})
    execute_process(COMMAND strip --strip-debug
      --remove-section=.comment --enable-deterministic-archives
      ${library} COMMAND_ERROR_IS_FATAL ANY)
  endforeach()
endforeach()
