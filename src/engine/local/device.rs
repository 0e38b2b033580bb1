//! Where the tensors live.
//! Knows: candle's devices. Never: models.

use candle_core::Device;

use crate::engine::EngineError;

/// The device that is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeviceChoice {
    /// The first graphics card that this build can use and that answers; else the processor.
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
            Self::Cuda(number) => answer(&name_of_cuda(number), || Device::new_cuda(number)),
            Self::Metal => answer("metal", || Device::new_metal(0)),
            Self::Auto => {
                let candidates =
                    [(cfg!(feature = "cuda"), Self::Cuda(0)), (cfg!(feature = "metal"), Self::Metal)];
                for (_, choice) in candidates.into_iter().filter(|(compiled, _)| *compiled) {
                    match choice.open() {
                        Ok(device) => return Ok(device),
                        Err(e) => tracing::info!("{e}; trying the next device"),
                    }
                }
                Ok(Device::Cpu)
            }
        }
    }
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
