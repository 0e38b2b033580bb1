//! A plain picture for a card that has none: a head and shoulders before a colour of their own.
//! Knows: pixels. Never: cards.

use miniz_oxide::deflate::compress_to_vec_zlib;

use super::png::{SIGNATURE, push};

/// Width and height in pixels, two to three as cards have it.
const SIZE: (usize, usize) = (200, 300);

/// The PNG file for a name: the same for the same name.
pub fn of(name: &str) -> Vec<u8> {
    let hue = crc32fast::hash(name.as_bytes());
    // Muted colours: none of them too bright to read a name across.
    let part = |shift: u32| 96 + ((hue >> shift) & 0x3f) as u8;
    let ground = [part(0), part(8), part(16)];
    let figure = ground.map(|part| part - 56);
    let mut file = SIGNATURE.to_vec();
    let (width, height) = SIZE;
    let size = [width as u32, height as u32].map(u32::to_be_bytes).concat();
    // Eight bits to a pixel, an index into the palette; no interlacing.
    push(&mut file, *b"IHDR", &[&size[..], &[8, 3, 0, 0, 0]].concat());
    push(&mut file, *b"PLTE", &[ground, figure].concat());
    push(&mut file, *b"IDAT", &compress_to_vec_zlib(&rows(width, height), 9));
    push(&mut file, *b"IEND", &[]);
    file
}

/// The rows, each behind the number of its filter: none.
fn rows(width: usize, height: usize) -> Vec<u8> {
    let mut rows = Vec::with_capacity(height * (width + 1));
    for y in 0..height {
        rows.push(0);
        rows.extend((0..width).map(|x| u8::from(is_figure(x as f32, y as f32))));
    }
    rows
}

fn is_figure(x: f32, y: f32) -> bool {
    let is_inside =
        |(cx, cy): (f32, f32), (rx, ry): (f32, f32)| ((x - cx) / rx).powi(2) + ((y - cy) / ry).powi(2) <= 1.0;
    is_inside((100.0, 120.0), (44.0, 56.0)) || is_inside((100.0, 300.0), (88.0, 108.0))
}
