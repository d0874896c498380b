// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//! Sizes for people.

pub fn show(bytes: u64) -> String {
    if bytes < 1024 {
        format!("{bytes} bytes")
    } else {
        format!("{} KiB", bytes / 1024)
    }
}
