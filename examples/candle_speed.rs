//! How fast candle-transformers' own model runs a qwen2 or llama file on the processor: the other bar for
//! `pushback bench` (`benches/compare.md`). Threads are rayon's: set `RAYON_NUM_THREADS`.
//!
//! ```sh
//! RAYON_NUM_THREADS=2 cargo run --release --example candle_speed -- MODEL.gguf 128,512 64 2048
//! ```
//!
//! Prints tokens per second: prefill for each size, decode after 16 tokens, and after the given depth.

use std::error::Error;
use std::fs::File;
use std::io::BufReader;
use std::time::Instant;

use candle_core::quantized::gguf_file::Content;
use candle_core::{Device, Tensor};
use candle_transformers::models::{quantized_llama, quantized_qwen2};

/// Either of candle's two models.
enum Model {
    Llama(quantized_llama::ModelWeights),
    Qwen2(quantized_qwen2::ModelWeights),
}

impl Model {
    /// Reads a file.
    fn open(path: &str) -> Result<Self, Box<dyn Error>> {
        let mut file = BufReader::new(File::open(path)?);
        let content = Content::read(&mut file)?;
        let architecture = content.metadata.get("general.architecture").ok_or("no architecture")?;
        Ok(match architecture.to_string()?.as_str() {
            "llama" => {
                Self::Llama(quantized_llama::ModelWeights::from_gguf(content, &mut file, &Device::Cpu)?)
            }
            "qwen2" => {
                Self::Qwen2(quantized_qwen2::ModelWeights::from_gguf(content, &mut file, &Device::Cpu)?)
            }
            other => return Err(format!("{other} is neither llama nor qwen2").into()),
        })
    }

    /// Reads `tokens` at `position`, where 0 begins anew, and gives the likeliest next token.
    fn read(&mut self, tokens: &[u32], position: usize) -> candle_core::Result<u32> {
        let input = Tensor::new(tokens, &Device::Cpu)?.unsqueeze(0)?;
        let logits = match self {
            Self::Llama(model) => model.forward(&input, position)?,
            Self::Qwen2(model) => model.forward(&input, position)?,
        };
        logits.flatten_all()?.argmax(0)?.to_scalar()
    }
}

#[allow(clippy::print_stdout, reason = "an example prints")]
fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [file, sizes, decode, depth] = args.as_slice() else {
        return Err("wants a GGUF file, prefill sizes with commas, a number of tokens and a depth".into());
    };
    let (decode, depth): (usize, usize) = (decode.parse()?, depth.parse()?);
    let mut model = Model::open(file)?;
    // The first pass pays for what is built only once.
    model.read(&text(16), 0)?;
    for size in sizes.split(',') {
        let size = size.parse()?;
        let start = Instant::now();
        model.read(&text(size), 0)?;
        println!("prefill {size}: {:.1} tok/s", size as f64 / start.elapsed().as_secs_f64());
    }
    for before in [16, depth] {
        let mut next = model.read(&text(before), 0)?;
        let start = Instant::now();
        for step in 0..decode {
            next = model.read(&[next], before + step)?;
        }
        let rate = decode as f64 / start.elapsed().as_secs_f64();
        println!("decode {decode} after {before}: {rate:.1} tok/s");
    }
    Ok(())
}

/// Tokens that stand for a text of that length.
fn text(len: usize) -> Vec<u32> {
    (0..len as u32).map(|at| 100 + at * 37 % 1900).collect()
}
