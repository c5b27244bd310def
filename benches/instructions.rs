//! One work of `work` by its name, for callgrind to count what [`measured`] takes: `cargo xtask instructions`. Without
//! a name, the names.

mod work;

use std::any::Any;

#[inline(never)]
fn measured(work: Box<dyn FnOnce() -> Box<dyn Any>>) -> Box<dyn Any> {
    work()
}

fn main() {
    let name = std::env::args().nth(1).filter(|name| !name.starts_with("--"));
    for (known, prepare) in work::WORKS {
        match &name {
            Some(name) if name == known => drop(measured(prepare())),
            Some(_) => {}
            None => println!("{known}"),
        }
    }
}
