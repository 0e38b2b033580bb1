//! Activations of eight bits.
//! Knows: how a row of numbers is rounded. Never: weights.

/// Thirty-two activations of one row: `scale * q`.
///
/// Weights of 256 a block want activations of one scale for 256, so that what is added up stays
/// whole numbers; these blocks then repeat their scale.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Acts {
    /// -127..=127.
    pub q: [i8; 32],
    /// Size of a step.
    pub scale: f32,
    /// Sum of `q`.
    pub sum: f32,
    /// Sums of the halves of `q`.
    pub halves: [f32; 2],
}

const _: () = assert!(size_of::<Acts>() == 48);

/// How many activations share a scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grain {
    /// 32, for formats of 32 weights a block.
    Fine,
    /// 256, for formats of 256 weights a block.
    Coarse,
}

impl Grain {
    /// Activations that share a scale.
    pub fn len(self) -> usize {
        match self {
            Self::Fine => 32,
            Self::Coarse => 256,
        }
    }
}
