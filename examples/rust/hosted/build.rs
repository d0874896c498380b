// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//! Code of the build host: compiled and linked with the same flags.
fn main() {
    println!("cargo:rustc-env=HOSTED_GREETING=sizes");
}
