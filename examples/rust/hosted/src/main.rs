// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
use names::Named;

#[derive(Named)]
struct Sizes(Vec<u64>);

fn largest(sizes: &Sizes) -> Option<u64> {
    let mut best = None;
    for &size in &sizes.0 {
        if best.map_or(true, |b| size > b) {
            best = Some(size);
        }
    }
    best
}

fn main() {
    let sizes = Sizes(std::env::args().skip(1).filter_map(|a| a.parse().ok()).collect());
    match largest(&sizes) {
        Some(size) => println!("{} {}: {}", env!("HOSTED_GREETING"), Sizes::NAME, units::show(size)),
        None => println!("no {}", Sizes::NAME),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty() {
        assert_eq!(largest(&Sizes(vec![])), None);
    }

    #[test]
    fn largest_of_two() {
        assert_eq!(largest(&Sizes(vec![1, 2])), Some(2));
    }
}
