//! One buffer that several threads write to.
//! Knows: a pointer. Never: who writes where.

/// Memory that several threads write to, each its own part. It does not keep the buffer alive,
/// nor see to it that parts are apart: whoever uses it does, and says how.
#[derive(Clone, Copy)]
pub(super) struct Shared<T>(*mut T);
// SAFETY: whoever uses the pointer sees to it that no two threads write to the same part.
unsafe impl<T> Sync for Shared<T> {}
// SAFETY: as above.
unsafe impl<T> Send for Shared<T> {}

impl<T> Shared<T> {
    /// The memory that begins at `start`.
    pub(super) fn new(start: *mut T) -> Self {
        Self(start)
    }

    /// Where element `at` lies.
    pub(super) fn at(&self, at: usize) -> *mut T {
        self.0.wrapping_add(at)
    }

    /// Elements `from..from + len`.
    ///
    /// # Safety
    /// The buffer lives as long as what is returned, has these elements, and nobody else reads or
    /// writes them meanwhile.
    #[allow(clippy::mut_from_ref, reason = "that parts are apart is what the caller promises")]
    pub(super) unsafe fn part(&self, from: usize, len: usize) -> &mut [T] {
        std::slice::from_raw_parts_mut(self.at(from), len)
    }
}
