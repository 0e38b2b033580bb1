//! Tensors of a model file, moved to a device.
//! Knows: shapes and formats. Never: what a tensor is for.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use candle_core::quantized::{GgmlDType, QMatMul, QStorage, QTensor};
use candle_core::{Device, Tensor};

use super::gguf::{Gguf, TensorInfo};
use super::source::Source;
use crate::engine::EngineError;

type Result<T> = std::result::Result<T, EngineError>;

/// How the matrices of a model are held in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hold {
    /// Packed for our kernels, where they know the processor and all formats; else as `Packed`.
    #[default]
    Tiles,
    /// In the file's own format, for candle's products.
    Packed,
    /// As f32: for a model of a few million weights. candle spreads every packed product over
    /// all threads, and these are too short for that; beside other work on the machine the
    /// threads wait for each other far longer than they work.
    Unpacked,
}

/// Some rows of a tensor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The tensor.
    pub name: String,
    /// The rows.
    pub rows: Range<usize>,
    /// Of so many.
    pub of: usize,
}

impl Part {
    /// All `rows` of a tensor.
    pub fn all(name: impl Into<String>, rows: usize) -> Self {
        Self { name: name.into(), rows: 0..rows, of: rows }
    }
}

/// Loads tensors by name.
pub struct Weights<'a> {
    file: &'a Gguf<'a>,
    device: &'a Device,
    hold: Hold,
    source: &'a Source,
}

impl<'a> Weights<'a> {
    /// Loads from `file`, whose bytes are those of `source`, to `device`.
    pub fn new(file: &'a Gguf<'a>, source: &'a Source, device: &'a Device, hold: Hold) -> Self {
        Self { file, device, hold, source }
    }

    /// How matrices are held.
    pub fn hold(&self) -> Hold {
        self.hold
    }

    /// The tensor `name` as it lies in the file.
    pub fn tensor(&self, name: &str, shape: &[usize]) -> Result<&TensorInfo<'a>> {
        let info = self.file.tensor(name).ok_or_else(|| EngineError::MissingTensor(name.to_owned()))?;
        if info.shape == shape {
            return Ok(info);
        }
        Err(EngineError::WrongShape {
            tensor: name.to_owned(),
            expected: shape.to_vec(),
            found: info.shape.clone(),
        })
    }

    /// All tensors of two dimensions.
    pub fn matrices(&self) -> impl Iterator<Item = &TensorInfo<'a>> {
        self.file.tensors().filter(|info| info.shape.len() == 2)
    }

    /// Says that `data` of the file was copied and is not needed any more.
    pub fn is_done_with(&self, data: &[u8]) {
        self.source.is_done_with(data);
    }

    /// Rows of a matrix to multiply by.
    pub fn matrix(&self, part: &Part, columns: usize) -> Result<QMatMul> {
        self.multiplier(self.quantised_rows(part, columns)?)
    }

    /// `matrix` as something to multiply by, held as this model is.
    pub fn multiplier(&self, matrix: Arc<QTensor>) -> Result<QMatMul> {
        Ok(match self.hold {
            Hold::Tiles | Hold::Packed => QMatMul::from_arc(matrix)?,
            Hold::Unpacked => QMatMul::Tensor(matrix.dequantize(self.device)?),
        })
    }

    /// The whole matrix `name` (rows, columns) in the file's own format, for more than one use.
    pub fn quantised(&self, name: &str, rows: usize, columns: usize) -> Result<Arc<QTensor>> {
        self.quantised_rows(&Part::all(name, rows), columns)
    }

    /// Rows are encoded one after another and each by itself: a part of them is a part of the bytes.
    fn quantised_rows(&self, part: &Part, columns: usize) -> Result<Arc<QTensor>> {
        let info = self.tensor(&part.name, &[part.of, columns])?;
        let row_bytes = info.data.len() / part.of;
        let data = &info.data[part.rows.start * row_bytes..part.rows.end * row_bytes];
        self.load(info.format, data, &[part.rows.len(), columns])
    }

    /// A vector (len), as f32.
    pub fn vector(&self, name: &str, len: usize) -> Result<Tensor> {
        let info = self.tensor(name, &[len])?;
        Ok(self.load(info.format, info.data, &[len])?.dequantize(self.device)?)
    }

    /// A part of a vector, as f32.
    pub fn vector_part(&self, part: &Part) -> Result<Tensor> {
        Ok(self.vector(&part.name, part.of)?.narrow(0, part.rows.start, part.rows.len())?)
    }

    /// Whether the file has the tensor `name`.
    pub fn has(&self, name: &str) -> bool {
        self.file.tensor(name).is_some()
    }

    fn load(&self, format: GgmlDType, data: &[u8], shape: &[usize]) -> Result<Arc<QTensor>> {
        let load = |data: &[u8]| QStorage::from_data(Cow::Borrowed(data), self.device, format);
        let storage = with_aligned(data, load)?;
        self.is_done_with(data);
        Ok(Arc::new(QTensor::new(storage, shape.to_vec())?))
    }
}

/// Number of weights of all tensors.
pub fn parameters(file: &Gguf<'_>) -> u64 {
    file.tensors().map(elements).sum()
}

/// Bytes of all tensors that every token is multiplied by: of the embedding, where it is not the
/// head as well, a token takes but one row.
pub fn bytes_per_token(file: &Gguf<'_>) -> u64 {
    let all: usize = file.tensors().map(|info| info.data.len()).sum();
    let looked_up = match file.tensor("output.weight") {
        Some(_) => file.tensor("token_embd.weight").map_or(0, |info| info.data.len()),
        None => 0,
    };
    (all - looked_up) as u64
}

/// Formats by their share of the bytes, largest first; those under one percent are left out.
pub fn formats(file: &Gguf<'_>) -> String {
    let mut bytes: BTreeMap<String, usize> = BTreeMap::new();
    for info in file.tensors() {
        // candle writes Q4K where everyone else writes Q4_K.
        let name = format!("{:?}", info.format);
        let name = match name.strip_suffix('K') {
            Some(bits) => format!("{bits}_K"),
            None => name,
        };
        *bytes.entry(name).or_default() += info.data.len();
    }
    let total: usize = bytes.values().sum();
    let mut shares: Vec<(usize, String)> = bytes
        .into_iter()
        .map(|(name, n)| (n * 100 / total.max(1), name))
        .filter(|(share, _)| *share > 0)
        .collect();
    shares.sort_by_key(|(share, _)| std::cmp::Reverse(*share));
    shares.iter().map(|(share, name)| format!("{name} {share}%")).collect::<Vec<_>>().join(", ")
}

fn elements(info: &TensorInfo<'_>) -> u64 {
    info.shape.iter().map(|&dim| dim as u64).product()
}

/// candle asserts that the bytes are aligned for their block type, of which 4 is the largest.
/// Tensors in a mapped file nearly always are; bytes compiled into the program lie anywhere.
fn with_aligned<T>(data: &[u8], then: impl FnOnce(&[u8]) -> T) -> T {
    const ALIGN: usize = 4;
    if data.as_ptr().align_offset(ALIGN) == 0 {
        return then(data);
    }
    let mut copy = vec![0; data.len() + ALIGN];
    let at = copy.as_ptr().align_offset(ALIGN);
    let copy = &mut copy[at..at + data.len()];
    copy.copy_from_slice(data);
    then(copy)
}
