// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//! `#[derive(Named)]`: a constant NAME with the type's name.
use proc_macro::{TokenStream, TokenTree};

#[proc_macro_derive(Named)]
pub fn named(item: TokenStream) -> TokenStream {
    let mut words = item.into_iter();
    while let Some(word) = words.next() {
        if word.to_string() == "struct" {
            break;
        }
    }
    match words.next() {
        Some(TokenTree::Ident(name)) => {
            format!("impl {name} {{ const NAME: &'static str = {:?}; }}", name.to_string())
                .parse()
                .unwrap()
        }
        _ => "compile_error!(\"Named is for structs\");".parse().unwrap(),
    }
}
