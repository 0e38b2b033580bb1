//! A matrix to multiply by, packed for the kernels.
//! Knows: formats. Never: what a matrix is for.

use candle_core::quantized::GgmlDType;
use half::{bf16, f16};

use super::buffer::Buffer;
use super::format::{Packing, SUB, TILE};
use super::pool::Pool;
use super::shared::Shared;

/// How the weights of a matrix are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// In blocks, as in the file.
    Packed(Packing),
    /// As f32.
    Single,
    /// As f16.
    Half,
}

/// Weights (rows, columns), in tiles of sixteen rows.
pub struct Matrix {
    kind: Kind,
    rows: usize,
    columns: usize,
    data: Buffer,
}

impl Kind {
    /// How weights of `format` with rows of `columns` are kept, if the kernels know them.
    pub fn of(format: GgmlDType, columns: usize) -> Option<Self> {
        let (kind, multiple) = match format {
            GgmlDType::F32 | GgmlDType::BF16 => (Self::Single, SUB),
            GgmlDType::F16 => (Self::Half, SUB),
            _ => {
                let packing = Packing::of(format)?;
                (Self::Packed(packing), packing.block())
            }
        };
        (columns > 0 && columns.is_multiple_of(multiple)).then_some(kind)
    }

    pub(super) fn tile_bytes(self, columns: usize) -> usize {
        match self {
            Self::Packed(packing) => packing.tile_bytes(columns),
            Self::Single => columns * TILE * 4,
            Self::Half => columns * TILE * 2,
        }
    }
}

impl Matrix {
    /// Packs weights of `format`, as a file has them in `data`.
    ///
    /// # Panics
    /// Where `data` does not hold `rows * columns` weights, or `Kind::of` refuses the format.
    ///
    /// # Errors
    /// Where there is no memory.
    pub fn pack(
        data: &[u8],
        format: GgmlDType,
        (rows, columns): (usize, usize),
        pool: &mut Pool,
    ) -> std::io::Result<Self> {
        let kind = Kind::of(format, columns).expect("a format that the kernels know");
        let row_bytes = columns / format.block_size() * format.type_size();
        assert_eq!(data.len(), rows * row_bytes, "data of {rows} x {columns} {format:?}");
        let tiles = rows.div_ceil(TILE);
        let tile_bytes = kind.tile_bytes(columns);
        let packed = Buffer::zeroed(tiles * tile_bytes)?;
        let parts = Shared::new(packed.start());
        // Some hundred kilobytes at a time.
        let at_once = ((256 << 10) / tile_bytes).max(1);
        pool.run(tiles.div_ceil(at_once), &|item| {
            for tile in item * at_once..((item + 1) * at_once).min(tiles) {
                let from = tile * TILE * row_bytes;
                let source = &data[from..data.len().min(from + TILE * row_bytes)];
                // SAFETY: the buffer has `tiles` parts of this size, and each is packed once.
                let to = unsafe { parts.part(tile * tile_bytes, tile_bytes) };
                pack_tile(kind, format, source, columns, to);
            }
        });
        Ok(Self { kind, rows, columns, data: packed })
    }

    /// How its weights are kept.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Number of rows, rounded up to whole tiles: what a row of results must have room for.
    pub fn padded_rows(&self) -> usize {
        self.rows.next_multiple_of(TILE)
    }

    /// Row `row`, as numbers.
    pub fn row(&self, row: usize, out: &mut [f32]) {
        let tile = self.tile(row / TILE);
        let row = row % TILE;
        match self.kind {
            Kind::Packed(packing) => packing.unpack_row(tile, row, out),
            Kind::Single => {
                for (out, column) in out.iter_mut().zip(tile.chunks_exact(TILE * 4)) {
                    let at = row * 4;
                    *out = f32::from_le_bytes([column[at], column[at + 1], column[at + 2], column[at + 3]]);
                }
            }
            Kind::Half => {
                for (out, column) in out.iter_mut().zip(tile.chunks_exact(TILE * 2)) {
                    *out = f16::from_le_bytes([column[row * 2], column[row * 2 + 1]]).to_f32();
                }
            }
        }
    }

    pub(super) fn tiles(&self) -> usize {
        self.rows.div_ceil(TILE)
    }

    pub(super) fn tile_bytes(&self) -> usize {
        self.kind.tile_bytes(self.columns)
    }

    pub(super) fn tile(&self, at: usize) -> &[u8] {
        let len = self.tile_bytes();
        &self.data.bytes()[at * len..(at + 1) * len]
    }
}

fn pack_tile(kind: Kind, format: GgmlDType, source: &[u8], columns: usize, to: &mut [u8]) {
    let width = format.type_size();
    match kind {
        Kind::Packed(packing) => packing.pack(source, columns, to),
        Kind::Half => {
            for (row, weights) in source.chunks_exact(columns * 2).enumerate() {
                for (weight, to) in weights.chunks_exact(2).zip(to.chunks_exact_mut(TILE * 2)) {
                    to[row * 2..row * 2 + 2].copy_from_slice(weight);
                }
            }
        }
        Kind::Single => {
            for (row, weights) in source.chunks_exact(columns * width).enumerate() {
                for (weight, to) in weights.chunks_exact(width).zip(to.chunks_exact_mut(TILE * 4)) {
                    let single = match *weight {
                        [a, b] => bf16::from_le_bytes([a, b]).to_f32().to_le_bytes(),
                        [a, b, c, d] => [a, b, c, d],
                        _ => [0; 4],
                    };
                    to[row * 4..row * 4 + 4].copy_from_slice(&single);
                }
            }
        }
    }
}
