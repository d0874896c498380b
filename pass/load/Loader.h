// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What users load: kcov8-pass.so and kcov8-options.so. Each looks at the host's
// LLVM first, and only then brings in the plugin proper, which lies beside it.
// A plugin refers to hundreds of symbols of its own LLVM: a host of another one
// refuses it with the name of the first that it lacks, or, if all are there,
// crashes. So nothing in this folder refers to a symbol of LLVM.
//
// ccache hashes the content of the file that -fplugin= names. The digest of the
// plugin proper is in that file, too: a rebuilt pass changes it.
#ifndef KCOV8_PASS_LOAD_LOADER_H
#define KCOV8_PASS_LOAD_LOADER_H

namespace kcov8 {

// The plugin proper, loaded before the host sees anything of this library.
extern void *Plugin;

} // namespace kcov8

#endif // KCOV8_PASS_LOAD_LOADER_H
