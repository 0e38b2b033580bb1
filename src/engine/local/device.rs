//! Where the tensors live.
//! Knows: candle's devices. Never: models.

use candle_core::Device;

use super::placing::{self, Card, CardState, Facts, Need};
use crate::engine::EngineError;

/// The device that is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeviceChoice {
    /// The first graphics card that this build can use, that answers and has room; else the processor.
    #[default]
    Auto,
    /// The processor.
    Cpu,
    /// An NVIDIA card, by number.
    Cuda(usize),
    /// An Apple graphics processor.
    Metal,
}

impl DeviceChoice {
    /// The name of the device that this choice comes to.
    ///
    /// # Errors
    /// Where it does not answer.
    pub fn seen(self) -> Result<String, EngineError> {
        self.open().map(|device| name_of(&device))
    }

    /// Opens the device.
    pub(super) fn open(self) -> Result<Device, EngineError> {
        match self {
            Self::Cpu => Ok(Device::Cpu),
            Self::Cuda(_) if !cfg!(feature = "cuda") => Err(not_built("cuda")),
            Self::Metal if !cfg!(feature = "metal") => Err(not_built("metal")),
            Self::Cuda(number) => answer(&name_of_cuda(number), || Device::new_cuda(number)),
            Self::Metal => answer("metal", || Device::new_metal(0)),
            Self::Auto => Ok(cards().into_iter().find_map(|(_, card)| card.ok()).unwrap_or(Device::Cpu)),
        }
    }

    /// Opens the device on which a model that takes so much is to run, and what should be said of
    /// it. Only `auto` turns to another device than the one that was meant.
    pub(super) fn place(self, need: Need) -> Result<(Device, Option<String>), EngineError> {
        match self {
            Self::Auto => {}
            Self::Cpu => return Ok((Device::Cpu, placing::short(need, free_memory()))),
            Self::Cuda(_) | Self::Metal => return Ok((self.open()?, None)),
        }
        let mut cards = cards();
        let known = |(name, card): &(String, Result<Device, EngineError>)| Card {
            name: name.clone(),
            state: match card {
                Ok(device) => CardState::There { free_bytes: free_on(device) },
                Err(_) => CardState::Silent,
            },
        };
        let facts = Facts { cards: cards.iter().map(known).collect(), free_bytes: free_memory() };
        let decision = placing::decide(need, &facts);
        let device = decision.card.map_or(Ok(Device::Cpu), |at| cards.swap_remove(at).1)?;
        Ok((device, decision.why))
    }
}

/// The graphics cards that this program was built for, best first, with what they answer.
fn cards() -> Vec<(String, Result<Device, EngineError>)> {
    let kinds = [
        (cfg!(feature = "cuda"), DeviceChoice::Cuda(0), name_of_cuda(0)),
        (cfg!(feature = "metal"), DeviceChoice::Metal, "metal".to_owned()),
    ];
    kinds.into_iter().filter(|(built, ..)| *built).map(|(_, choice, name)| (name, choice.open())).collect()
}

/// Memory that is free on a card, where it says so.
fn free_on(device: &Device) -> Option<u64> {
    match device {
        #[cfg(feature = "cuda")]
        Device::Cuda(card) => Some(card.cuda_stream().context().mem_get_info().ok()?.0 as u64),
        #[cfg(feature = "metal")]
        Device::Metal(card) => {
            let card = card.metal_device();
            let most = card.recommended_max_working_set_size();
            Some(most.saturating_sub(card.current_allocated_size()) as u64)
        }
        _ => None,
    }
}

/// Memory that is free for the processor, where the system says so.
fn free_memory() -> Option<u64> {
    let mut system = sysinfo::System::new().ok()?;
    system.refresh_memory();
    // A container may have less than the computer.
    let limit = system.cgroup_limits().map_or(u64::MAX, |limits| limits.free_memory);
    Some(system.available_memory().min(limit)).filter(|&bytes| bytes > 0)
}

fn not_built(feature: &'static str) -> EngineError {
    EngineError::NotBuiltFor { feature }
}

/// The device's name, as screens and records show it.
pub(super) fn name_of(device: &Device) -> String {
    match device.location() {
        candle_core::DeviceLocation::Cpu => "cpu".to_owned(),
        candle_core::DeviceLocation::Cuda { gpu_id } => name_of_cuda(gpu_id),
        candle_core::DeviceLocation::Metal { .. } => "metal".to_owned(),
    }
}

fn name_of_cuda(number: usize) -> String {
    format!("cuda:{number}")
}

/// Opens a device that may not be there. The CUDA bindings panic where the driver is missing.
fn answer(name: &str, open: impl FnOnce() -> candle_core::Result<Device>) -> Result<Device, EngineError> {
    let fault = |why: String| EngineError::Device { device: name.to_owned(), why };
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(open)) {
        Ok(Ok(device)) => Ok(device),
        Ok(Err(e)) => Err(fault(e.to_string())),
        Err(_) => Err(fault("its driver could not be loaded".to_owned())),
    }
}
