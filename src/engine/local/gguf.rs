//! The GGUF file format: metadata and where the tensors lie.
//! Knows: bytes. Never: tensors' values, devices, what a key means to a model.
//!
//! Nothing is allocated before its claimed length was compared with the bytes that are left, and
//! strings stay where they are in the file. Format: `docs/gguf.md` of the ggml project.

use std::collections::HashMap;

use candle_core::quantized::GgmlDType;

use crate::engine::EngineError;

type Result<T> = std::result::Result<T, EngineError>;

/// A metadata value. Texts and arrays point into the file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// Any unsigned integer.
    Uint(u64),
    /// Any signed integer.
    Int(i64),
    /// Any floating-point number.
    Float(f64),
    /// True or false.
    Bool(bool),
    /// Text; not yet known to be UTF-8.
    Text(&'a [u8]),
    /// Values of one kind.
    Array(Array<'a>),
}

/// An array of metadata values, still encoded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Array<'a> {
    kind: u32,
    len: usize,
    bytes: &'a [u8],
}

impl<'a> Array<'a> {
    /// The elements, decoded one by one.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Result<Value<'a>>> + use<'a> {
        let (kind, mut reader) = (self.kind, Reader { bytes: self.bytes, at: 0 });
        (0..self.len).map(move |_| reader.value(kind, 0))
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.len
    }
}

/// Where a tensor lies, and how it is encoded.
#[derive(Clone, Debug, PartialEq)]
pub struct TensorInfo<'a> {
    /// Rows first, as candle writes shapes (the file has them the other way round).
    pub shape: Vec<usize>,
    /// Encoding of the weights.
    pub format: GgmlDType,
    /// The encoded weights.
    pub data: &'a [u8],
}

/// A GGUF file that has been looked through.
pub struct Gguf<'a> {
    metadata: HashMap<&'a [u8], Value<'a>>,
    tensors: HashMap<&'a str, TensorInfo<'a>>,
}

impl<'a> Gguf<'a> {
    /// Reads the header and checks every claim that it makes about the rest of the file.
    pub fn parse(bytes: &'a [u8]) -> Result<Self> {
        let mut reader = Reader { bytes, at: 0 };
        reader.magic_and_version()?;
        let tensor_count = reader.u64()?;
        let entry_count = reader.u64()?;
        // The smallest entry: empty key, kind, one byte. The smallest tensor: empty name, number
        // of dimensions, format, offset.
        let entry_count = reader.fits(entry_count, 8 + 4 + 1, "metadata entries")?;
        let tensor_count = reader.fits(tensor_count, 8 + 4 + 4 + 8, "tensors")?;
        let mut metadata = HashMap::with_capacity(entry_count);
        for _ in 0..entry_count {
            let key = reader.text()?;
            let kind = reader.u32()?;
            metadata.insert(key, reader.value(kind, 0)?);
        }
        let mut file = Self { metadata, tensors: HashMap::with_capacity(tensor_count) };
        let alignment = file.alignment()?;
        let mut claims = Vec::with_capacity(tensor_count);
        for _ in 0..tensor_count {
            claims.push(reader.tensor_claim()?);
        }
        let start = reader.at.next_multiple_of(alignment);
        let mut room = bytes.len();
        for claim in claims {
            let name = claim.name;
            let info = claim.locate(bytes, start, alignment)?;
            // Tensors that share bytes would take more memory than the file is long.
            room = room
                .checked_sub(info.data.len())
                .ok_or_else(|| EngineError::Damaged("tensors overlap".to_owned()))?;
            if file.tensors.insert(name, info).is_some() {
                return Err(EngineError::Damaged(format!("tensor `{name}` is listed twice")));
            }
        }
        Ok(file)
    }

    /// The entry `key`, if there is one.
    pub fn get(&self, key: &str) -> Option<Value<'a>> {
        self.metadata.get(key.as_bytes()).copied()
    }

    /// The text `key`, if there is one.
    pub fn text(&self, key: &str) -> Result<Option<&'a str>> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Text(text)) => match std::str::from_utf8(text) {
                Ok(text) => Ok(Some(text)),
                Err(_) => Err(EngineError::bad_value(key, "not UTF-8")),
            },
            Some(_) => Err(EngineError::bad_value(key, "not a text")),
        }
    }

    /// The whole number `key`, if there is one.
    pub fn uint(&self, key: &str) -> Result<Option<u64>> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Uint(n)) => Ok(Some(n)),
            Some(Value::Int(n)) if n >= 0 => Ok(Some(n.unsigned_abs())),
            Some(_) => Err(EngineError::bad_value(key, "not a whole number from 0")),
        }
    }

    /// The number `key`, if there is one.
    pub fn float(&self, key: &str) -> Result<Option<f32>> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Float(x)) if x.is_finite() => Ok(Some(x as f32)),
            Some(_) => Err(EngineError::bad_value(key, "not a finite number")),
        }
    }

    /// The truth value `key`, if there is one.
    pub fn flag(&self, key: &str) -> Result<Option<bool>> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Bool(b)) => Ok(Some(b)),
            Some(_) => Err(EngineError::bad_value(key, "not true or false")),
        }
    }

    /// The array `key`, if there is one.
    pub fn array(&self, key: &str) -> Result<Option<Array<'a>>> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Array(array)) => Ok(Some(array)),
            Some(_) => Err(EngineError::bad_value(key, "not an array")),
        }
    }

    /// The tensor `name`, if there is one.
    pub fn tensor(&self, name: &str) -> Option<&TensorInfo<'a>> {
        self.tensors.get(name)
    }

    /// All tensors, in no order.
    pub fn tensors(&self) -> impl Iterator<Item = &TensorInfo<'a>> {
        self.tensors.values()
    }

    fn alignment(&self) -> Result<usize> {
        let key = "general.alignment";
        let alignment = self.uint(key)?.unwrap_or(32);
        match usize::try_from(alignment) {
            Ok(n) if n.is_power_of_two() && n <= 1 << 20 => Ok(n),
            _ => Err(EngineError::bad_value(key, format!("{alignment} is no sensible power of two"))),
        }
    }
}

/// What the header says of a tensor, before it is believed.
struct TensorClaim<'a> {
    name: &'a str,
    dims: Vec<u64>,
    format: u32,
    offset: u64,
}

impl<'a> TensorClaim<'a> {
    fn locate(self, bytes: &'a [u8], start: usize, alignment: usize) -> Result<TensorInfo<'a>> {
        let name = self.name;
        let damaged = |why: &str| EngineError::Damaged(format!("tensor `{name}` {why}"));
        let format = format_of(self.format).ok_or_else(|| EngineError::UnsupportedFormat {
            tensor: name.to_owned(),
            format: format_name(self.format),
        })?;
        let elements = self.dims.iter().try_fold(1u64, |n, &dim| n.checked_mul(dim));
        let elements = elements.filter(|&n| n > 0).ok_or_else(|| damaged("has an impossible size"))?;
        let (block, block_bytes) = (format.block_size() as u64, format.type_size() as u64);
        if !self.dims.first().is_some_and(|row| row.is_multiple_of(block)) {
            return Err(damaged("has rows that are no multiple of its block size"));
        }
        let len = (elements / block).checked_mul(block_bytes);
        let from = self.offset.checked_add(start as u64);
        let range = from.zip(len).and_then(|(from, len)| {
            let to = usize::try_from(from.checked_add(len)?).ok()?;
            Some(usize::try_from(from).ok()?..to)
        });
        let data = range
            .and_then(|range| bytes.get(range))
            .ok_or_else(|| damaged("reaches past the end of the file"))?;
        if !self.offset.is_multiple_of(alignment as u64) {
            return Err(damaged("is not aligned"));
        }
        // Each dimension divides `elements`, which was just found to fit into the file.
        let shape = self.dims.iter().rev().map(|&dim| dim as usize).collect();
        Ok(TensorInfo { shape, format, data })
    }
}

/// A place in the file.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn magic_and_version(&mut self) -> Result<()> {
        let found = &self.bytes[..self.bytes.len().min(4)];
        if found != b"GGUF" {
            return Err(EngineError::NotGguf { found: String::from_utf8_lossy(found).into_owned() });
        }
        self.at = 4;
        match self.u32()? {
            2 | 3 => Ok(()),
            other => Err(EngineError::UnsupportedVersion(other)),
        }
    }

    fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// `count` as a number that can be believed: that many things of `least_bytes` are left.
    fn fits(&self, count: u64, least_bytes: usize, what: &str) -> Result<usize> {
        let room = self.left() / least_bytes;
        match usize::try_from(count) {
            Ok(count) if count <= room => Ok(count),
            _ => Err(EngineError::Damaged(format!("claims {count} {what}, has room for {room}"))),
        }
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8]> {
        let end = self.at.checked_add(len).filter(|&end| end <= self.bytes.len());
        let end = end.ok_or_else(|| EngineError::Damaged(format!("ends early, at byte {}", self.at)))?;
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn u32(&mut self) -> Result<u32> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    fn u64(&mut self) -> Result<u64> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    fn text(&mut self) -> Result<&'a [u8]> {
        let len = self.u64()?;
        let len = self.fits(len, 1, "bytes of text")?;
        self.take(len)
    }

    fn value(&mut self, kind: u32, depth: usize) -> Result<Value<'a>> {
        Ok(match kind {
            0 => Value::Uint(u8::from_le_bytes(self.array()?).into()),
            1 => Value::Int(i8::from_le_bytes(self.array()?).into()),
            2 => Value::Uint(u16::from_le_bytes(self.array()?).into()),
            3 => Value::Int(i16::from_le_bytes(self.array()?).into()),
            4 => Value::Uint(self.u32()?.into()),
            5 => Value::Int(i32::from_le_bytes(self.array()?).into()),
            6 => Value::Float(f32::from_le_bytes(self.array()?).into()),
            7 => match u8::from_le_bytes(self.array()?) {
                0 => Value::Bool(false),
                1 => Value::Bool(true),
                other => return Err(EngineError::Damaged(format!("{other} is no truth value"))),
            },
            8 => Value::Text(self.text()?),
            9 => Value::Array(self.nested(depth)?),
            10 => Value::Uint(self.u64()?),
            11 => Value::Int(i64::from_le_bytes(self.array()?)),
            12 => Value::Float(f64::from_le_bytes(self.array()?)),
            other => return Err(EngineError::Damaged(format!("metadata of unknown kind {other}"))),
        })
    }

    /// An array; walks over it once, so that a later `Array::iter` stays within its bytes.
    fn nested(&mut self, depth: usize) -> Result<Array<'a>> {
        // No model nests arrays at all; the limit keeps a crafted file off the stack's end.
        if depth > 4 {
            return Err(EngineError::Damaged("arrays are nested too deeply".to_owned()));
        }
        let kind = self.u32()?;
        let least_bytes = match kind {
            0 | 1 | 7 => 1,
            2 | 3 => 2,
            4..=6 => 4,
            9 => 12,
            _ => 8,
        };
        let len = self.u64()?;
        let len = self.fits(len, least_bytes, "array elements")?;
        let start = self.at;
        for _ in 0..len {
            self.value(kind, depth + 1)?;
        }
        Ok(Array { kind, len, bytes: &self.bytes[start..self.at] })
    }

    fn tensor_claim(&mut self) -> Result<TensorClaim<'a>> {
        let name = std::str::from_utf8(self.text()?)
            .map_err(|_| EngineError::Damaged("a tensor's name is not UTF-8".to_owned()))?;
        let rank = self.u32()?;
        if !(1..=4).contains(&rank) {
            return Err(EngineError::Damaged(format!("tensor `{name}` has {rank} dimensions")));
        }
        let dims = (0..rank).map(|_| self.u64()).collect::<Result<_>>()?;
        Ok(TensorClaim { name, dims, format: self.u32()?, offset: self.u64()? })
    }
}

/// The weight format with number `id`, of those that candle can multiply by.
fn format_of(id: u32) -> Option<GgmlDType> {
    Some(match id {
        0 => GgmlDType::F32,
        1 => GgmlDType::F16,
        2 => GgmlDType::Q4_0,
        3 => GgmlDType::Q4_1,
        6 => GgmlDType::Q5_0,
        7 => GgmlDType::Q5_1,
        8 => GgmlDType::Q8_0,
        10 => GgmlDType::Q2K,
        11 => GgmlDType::Q3K,
        12 => GgmlDType::Q4K,
        13 => GgmlDType::Q5K,
        14 => GgmlDType::Q6K,
        30 => GgmlDType::BF16,
        _ => return None,
    })
}

/// ggml's name for a format that is refused.
fn format_name(id: u32) -> String {
    let name = match id {
        9 => "Q8_1",
        15 => "Q8_K",
        16 => "IQ2_XXS",
        17 => "IQ2_XS",
        18 => "IQ3_XXS",
        19 => "IQ1_S",
        20 => "IQ4_NL",
        21 => "IQ3_S",
        22 => "IQ2_S",
        23 => "IQ4_XS",
        29 => "IQ1_M",
        34 => "TQ1_0",
        35 => "TQ2_0",
        39 => "MXFP4",
        other => return format!("number {other}"),
    };
    name.to_owned()
}
