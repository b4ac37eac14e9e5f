//! The pages of the heap, on Linux.

use std::ffi::c_void;
use std::fs;
use std::ops::Range;
use std::ptr::{self, NonNull};

use nix::sys::mman::{MmapAdvise, madvise};

/// How much of the heap lies on small pages: what mimalloc uses first, with room for a small state.
const SMALL_BYTES: usize = 24 << 20;

/// Has the beginning of the heap lie on small pages, so that a small state takes little more than
/// it needs. Further on the allocator asks for huge pages, which make large states faster, and
/// take 2 MiB each, however little of it is used. Where the system has no such pages, nothing
/// changes.
pub fn start_small() {
    let somewhere = Box::new(0_u8);
    let address = ptr::from_ref::<u8>(&somewhere).addr();
    let maps = fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let mut mappings = maps.lines().filter_map(addresses);
    let Some(heap) = mappings.find(|mapping| mapping.contains(&address)) else { return };
    let start = ptr::with_exposed_provenance_mut::<c_void>(heap.start);
    if let Some(start) = NonNull::new(start) {
        let bytes = SMALL_BYTES.min(heap.len());
        // SAFETY: the mapping is there, and the advice changes nothing of what lies in it.
        let _ = unsafe { madvise(start, bytes, MmapAdvise::MADV_NOHUGEPAGE) };
    }
}

/// Gives back to the system what the allocator keeps free for this thread and for all.
pub fn give_back() {
    // SAFETY: it may be called at any time.
    unsafe { libmimalloc_sys::mi_collect(true) };
}

/// Those of the mapping that a line of `/proc/self/maps` tells of.
fn addresses(line: &str) -> Option<Range<usize>> {
    let (from, to) = line.split_once(' ')?.0.split_once('-')?;
    let read = |text| usize::from_str_radix(text, 16).ok();
    Some(read(from)?..read(to)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heap_begins_on_small_pages() {
        if !fs::exists("/sys/kernel/mm/transparent_hugepage").expect("it can be looked for") {
            return;
        }
        start_small();
        let smaps = fs::read_to_string("/proc/self/smaps").expect("it can be read");
        let flags = smaps.lines().filter_map(|line| line.strip_prefix("VmFlags:"));
        assert!(flags.into_iter().any(|flags| flags.split_whitespace().any(|flag| flag == "nh")));
    }
}
