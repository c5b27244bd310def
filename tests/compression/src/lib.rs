//! One way to compress, chosen by feature: `room(n)` is where to write n bytes, `pack(level)` compresses them and returns
//! how many come of it.

use std::cell::RefCell;

thread_local! {
    static INPUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Where `bytes` bytes of input go.
#[unsafe(no_mangle)]
pub extern "C" fn room(bytes: usize) -> *mut u8 {
    INPUT.with_borrow_mut(|input| {
        input.resize(bytes, 0);
        input.as_mut_ptr()
    })
}

/// Compresses the input. Returns the bytes of the result.
#[unsafe(no_mangle)]
pub extern "C" fn pack(level: u32) -> usize {
    INPUT.with_borrow(|input| packed(input, level).len())
}

/// What a module weighs that compresses nothing.
#[cfg(feature = "none")]
fn packed(input: &[u8], _: u32) -> Vec<u8> {
    input.to_vec()
}

#[cfg(feature = "own")]
#[path = "../../../src/deflate.rs"]
mod deflate;
#[cfg(feature = "own")]
fn packed(input: &[u8], _: u32) -> Vec<u8> {
    deflate::deflate_raw(input)
}

#[cfg(feature = "miniz")]
fn packed(input: &[u8], level: u32) -> Vec<u8> {
    miniz_oxide::deflate::compress_to_vec(input, level as u8)
}

#[cfg(feature = "zlib-rs")]
fn packed(input: &[u8], level: u32) -> Vec<u8> {
    use zlib_rs::deflate::{DeflateConfig, compress_bound, compress_slice};
    let mut out = vec![0; compress_bound(input.len())];
    let mut config = DeflateConfig::new(level as i32);
    config.window_bits = -15;
    let (done, _) = compress_slice(&mut out, input, config);
    done.to_vec()
}

#[cfg(feature = "lz4")]
fn packed(input: &[u8], _: u32) -> Vec<u8> {
    lz4_flex::block::compress(input)
}

#[cfg(feature = "brotli")]
fn packed(input: &[u8], level: u32) -> Vec<u8> {
    let mut out = Vec::new();
    let params = brotli::enc::BrotliEncoderParams { quality: level as i32, ..Default::default() };
    brotli::BrotliCompress(&mut &input[..], &mut out, &params).map_or(Vec::new(), |_| out)
}

#[cfg(feature = "zstd")]
fn packed(input: &[u8], _: u32) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(input, ruzstd::encoding::CompressionLevel::Fastest)
}
