//! What this computer offers to a model.

use crate::domain::catalog::{Device, Machine};
use crate::engine::local::DeviceChoice;

/// This computer, with the device that a model would run on by itself. Where the system does not
/// say how much memory it has, it has none.
pub fn machine() -> Machine {
    let device = match DeviceChoice::Auto.seen() {
        Ok(name) if name != "cpu" => Device::Gpu,
        _ => Device::Cpu,
    };
    Machine { ram_bytes: ram_bytes().unwrap_or(0), device }
}

fn ram_bytes() -> Option<u64> {
    let mut system = sysinfo::System::new().ok()?;
    system.refresh_memory();
    // A container may have less than the computer.
    let limit = system.cgroup_limits().map_or(u64::MAX, |limits| limits.total_memory);
    Some(system.total_memory().min(limit))
}
