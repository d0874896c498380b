// Functions that run, and ones that do not, of each kind.
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, RawWaker, RawWakerVTable, Waker};
mod shapes {
    pub trait Area { fn area(&self) -> u32; }
    pub struct Square(pub u32);
    pub struct Rect(pub u32, pub u32);
    impl Area for Square { #[inline(never)] fn area(&self) -> u32 { self.0 * self.0 } }
    impl Area for Rect { #[inline(never)] fn area(&self) -> u32 { if self.0 == 0 { 0 } else { self.0 * self.1 } } }
    #[inline(never)]
    pub fn total<T: Area>(v: &[T]) -> u32 { let mut s = 0; for x in v { s += x.area(); } s }
}
use shapes::*;
#[inline(never)]
fn classify(n: i64) -> &'static str {
    match n { i64::MIN..=-1 => "negative", 0 => "zero", 1..=9 => "small", _ => "large" }
}
#[inline(never)]
async fn twice(n: u32) -> u32 { if n > 100 { never(n) } else { 2 * n } }
#[inline(never)]
fn never(n: u32) -> u32 { println!("never"); n }
fn block_on<F: Future>(mut f: F) -> F::Output {
    fn clone(_: *const ()) -> RawWaker { RawWaker::new(std::ptr::null(), &TABLE) }
    fn nop(_: *const ()) {}
    static TABLE: RawWakerVTable = RawWakerVTable::new(clone, nop, nop, nop);
    let waker = unsafe { Waker::from_raw(clone(std::ptr::null())) };
    let mut cx = Context::from_waker(&waker);
    let mut f = unsafe { Pin::new_unchecked(&mut f) };
    loop { if let Poll::Ready(x) = f.as_mut().poll(&mut cx) { return x; } }
}
struct Guard;
impl Drop for Guard { fn drop(&mut self) { println!("dropped"); } }
fn main() {
    let n = std::env::args().count() as i64;
    println!("{} {}", classify(n), classify(n + 20));
    println!("{}", total(&[Square(1), Square(2)]));
    if n > 5 { println!("{}", total(&[Rect(n as u32, 2)])); }
    println!("{}", block_on(twice(n as u32)));
    let _g = Guard;
    if n == 2 { panic!("asked for"); }
}
