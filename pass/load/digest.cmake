# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# cmake -DFILE=PLUGIN -DHEADER=OUT -P digest.cmake: name and digest of a plugin.
file(SHA256 ${FILE} digest)
get_filename_component(name ${FILE} NAME)
file(WRITE ${HEADER}
  "#define KCOV8_PLUGIN_NAME \"${name}\"\n"
  "#define KCOV8_PLUGIN_DIGEST \"${digest}\"\n")
