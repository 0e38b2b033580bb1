//! What a screenshot shows: colours, and how far they stand apart.

use std::collections::HashMap;

use miniz_oxide::inflate::decompress_to_vec_zlib;

/// A colour without its opacity: red, green, blue.
pub type Colour = [u8; 3];

/// A picture, row by row.
pub struct Picture {
    colours: Vec<Colour>, // (width * height,)
}

impl Picture {
    /// Reads a PNG of 8 bits a channel that is not interlaced, as Chromium writes them.
    pub fn of_png(png: &[u8]) -> Self {
        let mut rest = png.strip_prefix(b"\x89PNG\r\n\x1a\n").expect("a PNG");
        let (mut head, mut packed) = (None, Vec::new());
        while rest.len() >= 12 {
            let len = u32::from_be_bytes(rest[..4].try_into().unwrap()) as usize;
            let data = &rest[8..8 + len];
            match &rest[4..8] {
                b"IHDR" => head = Some(Head::of(data)),
                b"IDAT" => packed.extend_from_slice(data),
                _ => {}
            }
            rest = &rest[12 + len..];
        }
        let head = head.expect("a head");
        Self { colours: head.colours(&decompress_to_vec_zlib(&packed).unwrap()) }
    }

    /// The colour that most of it has.
    pub fn ground(&self) -> Colour {
        let mut counts: HashMap<Colour, usize> = HashMap::new();
        for &colour in &self.colours {
            *counts.entry(colour).or_default() += 1;
        }
        counts.into_iter().max_by_key(|&(colour, count)| (count, colour)).expect("a picture has dots").0
    }

    /// The highest contrast that anything in it has to its ground: that of text to what it stands on.
    pub fn contrast(&self) -> f64 {
        let ground = self.ground();
        self.colours.iter().map(|&colour| contrast(colour, ground)).fold(1.0, f64::max)
    }
}

struct Head {
    width: usize,
    channels: usize,
}

impl Head {
    fn of(data: &[u8]) -> Self {
        assert_eq!((data[8], data[12]), (8, 0), "8 bits, not interlaced");
        let channels = match data[9] {
            2 => 3,
            6 => 4,
            other => panic!("colour type {other}"),
        };
        Self { width: u32::from_be_bytes(data[..4].try_into().unwrap()) as usize, channels }
    }

    /// Undoes the filter of each row.
    fn colours(&self, raw: &[u8]) -> Vec<Colour> {
        let row_bytes = self.width * self.channels;
        let (mut above, mut colours) = (vec![0u8; row_bytes], Vec::new());
        for row in raw.chunks_exact(row_bytes + 1) {
            let mut now = row[1..].to_vec();
            for i in 0..row_bytes {
                let left = if i < self.channels { 0 } else { now[i - self.channels] };
                let corner = if i < self.channels { 0 } else { above[i - self.channels] };
                let guess = match row[0] {
                    0 => 0,
                    1 => left,
                    2 => above[i],
                    3 => u16::midpoint(left.into(), above[i].into()) as u8,
                    4 => nearest(left, above[i], corner),
                    other => panic!("filter {other}"),
                };
                now[i] = now[i].wrapping_add(guess);
            }
            colours.extend(now.chunks_exact(self.channels).map(|dot| [dot[0], dot[1], dot[2]]));
            above = now;
        }
        colours
    }
}

/// Paeth's choice among three neighbours (PNG specification, 9.4).
fn nearest(left: u8, above: u8, corner: u8) -> u8 {
    let guess = i16::from(left) + i16::from(above) - i16::from(corner);
    let away = |x: u8| (guess - i16::from(x)).abs();
    if away(left) <= away(above) && away(left) <= away(corner) {
        left
    } else if away(above) <= away(corner) {
        above
    } else {
        corner
    }
}

/// Relative luminance, 0 to 1 (WCAG 2.2).
pub fn luminance(colour: Colour) -> f64 {
    let linear = colour.map(|c| {
        let c = f64::from(c) / 255.0;
        if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
}

/// Contrast of two colours, 1 to 21 (WCAG 2.2).
pub fn contrast(one: Colour, other: Colour) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn contrast_is_that_of_the_guidelines() {
    assert!((contrast([0; 3], [255; 3]) - 21.0).abs() < 1e-9);
    assert!((contrast([118; 3], [255; 3]) - 4.54).abs() < 0.01, "the darkest grey that just passes on white");
    assert!((contrast([7; 3], [7; 3]) - 1.0).abs() < 1e-9);
}
