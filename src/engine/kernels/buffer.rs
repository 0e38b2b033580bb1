//! Large memory, in large pages where the system has them.
//! Knows: bytes. Never: what they hold.

use memmap2::MmapMut;

/// Zeroed memory that is touched only where it is used.
///
/// A core that streams weights spends a tenth of its time on the page table with pages of 4 KiB;
/// the system is asked for larger ones.
pub struct Buffer {
    map: MmapMut,
    start: *mut u8,
}

// SAFETY: the address is that of the map, which is `Send` and `Sync` itself; whoever writes through
// it sees to it that nobody else uses the same bytes.
unsafe impl Send for Buffer {}
// SAFETY: as above.
unsafe impl Sync for Buffer {}

impl Buffer {
    /// `len` bytes of zeros.
    ///
    /// # Errors
    /// Where the system has no room.
    pub fn zeroed(len: usize) -> std::io::Result<Self> {
        let mut map = MmapMut::map_anon(len.max(1))?;
        #[cfg(target_os = "linux")]
        if let Err(e) = map.advise(memmap2::Advice::HugePage) {
            tracing::debug!("no large pages: {e}");
        }
        Ok(Self { start: map.as_mut_ptr(), map })
    }

    /// Its address, to read and to write to.
    pub(super) fn start(&self) -> *mut u8 {
        self.start
    }

    /// All of it.
    pub fn bytes(&self) -> &[u8] {
        &self.map
    }

    /// All of it, to write to.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.map
    }
}
