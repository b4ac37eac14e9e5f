//! Crash points around what SQLite itself writes, syncs and cuts off, in the log and in the
//! database's pages. A write is done in two parts, so that one may die with half of it. Only
//! builds for the crash test have this.

use std::ffi::{c_char, c_int, c_void};
use std::ptr;
use std::sync::OnceLock;

use rusqlite::ffi;

use crate::model::crash_point;

type File = *mut ffi::sqlite3_file;

/// The system's files as SQLite has them, and ours, which do the same and pass crash points.
struct Files {
    system: &'static ffi::sqlite3_vfs,
    log: OnceLock<Methods>,
    pages: OnceLock<Methods>,
}

/// What can be done with a file of one kind, once one was opened: the system's way, and ours.
struct Methods {
    system: ffi::sqlite3_io_methods,
    ours: ffi::sqlite3_io_methods,
}

// SAFETY: SQLite's description of the system's files is not changed once it is registered.
unsafe impl Sync for Files {}
// SAFETY: as above.
unsafe impl Send for Files {}

static FILES: OnceLock<Files> = OnceLock::new();

/// From now on SQLite opens its files so.
pub(super) fn install() {
    FILES.get_or_init(|| {
        // SAFETY: SQLite is linked with its system's files, and never takes them away; ours is
        // a copy with another name and another way to open, and lives for ever.
        let system = unsafe { &*ffi::sqlite3_vfs_find(ptr::null()) };
        let ours = ffi::sqlite3_vfs {
            zName: c"crash-points".as_ptr(),
            pNext: ptr::null_mut(),
            xOpen: Some(open),
            ..*system
        };
        // SAFETY: as above.
        let registered = unsafe { ffi::sqlite3_vfs_register(Box::leak(Box::new(ours)), 1) };
        assert_eq!(registered, ffi::SQLITE_OK, "SQLite takes our files");
        Files { system, log: OnceLock::new(), pages: OnceLock::new() }
    });
}

unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    file: File,
    flags: c_int,
    flags_out: *mut c_int,
) -> c_int {
    let files = FILES.get().expect("it was registered with them");
    let system = ptr::from_ref(files.system).cast_mut();
    let open = files.system.xOpen.expect("every system can open files");
    // SAFETY: these are SQLite's own arguments.
    let opened = unsafe { open(system, name, file, flags, flags_out) };
    let kind = match flags {
        _ if flags & ffi::SQLITE_OPEN_WAL != 0 => Some((&files.log, Methods::of_log as Make)),
        _ if flags & ffi::SQLITE_OPEN_MAIN_DB != 0 => {
            Some((&files.pages, Methods::of_pages as Make))
        }
        _ => None,
    };
    if let Some((methods, make)) = kind.filter(|_| opened == ffi::SQLITE_OK) {
        // SAFETY: a file that was opened has methods, and keeps those that it is given.
        unsafe {
            (*file).pMethods = &raw const methods.get_or_init(|| make(*(*file).pMethods)).ours
        };
    }
    opened
}

type Make = fn(ffi::sqlite3_io_methods) -> Methods;

impl Methods {
    fn of_log(system: ffi::sqlite3_io_methods) -> Methods {
        let (write, sync, cut) = (Some(write_log as _), Some(sync_log as _), Some(cut_log as _));
        let ours = ffi::sqlite3_io_methods { xWrite: write, xSync: sync, xTruncate: cut, ..system };
        Methods { system, ours }
    }

    fn of_pages(system: ffi::sqlite3_io_methods) -> Methods {
        let (write, sync) = (Some(write_pages as _), Some(sync_pages as _));
        Methods { system, ours: ffi::sqlite3_io_methods { xWrite: write, xSync: sync, ..system } }
    }
}

fn log() -> &'static ffi::sqlite3_io_methods {
    &FILES.get().and_then(|files| files.log.get()).expect("the log is open").system
}

fn pages() -> &'static ffi::sqlite3_io_methods {
    &FILES.get().and_then(|files| files.pages.get()).expect("the pages are open").system
}

unsafe extern "C" fn write_log(file: File, from: *const c_void, bytes: c_int, at: i64) -> c_int {
    crash_point("store.log.before-write");
    // SAFETY: these are SQLite's own arguments; so are those below.
    let half = unsafe { write(log(), file, from, bytes / 2, at) };
    crash_point("store.log.half-written");
    let written =
        if half == ffi::SQLITE_OK { unsafe { write(log(), file, from, bytes, at) } } else { half };
    crash_point("store.log.after-write");
    written
}

unsafe extern "C" fn write_pages(file: File, from: *const c_void, bytes: c_int, at: i64) -> c_int {
    crash_point("store.pages.before-write");
    // SAFETY: as above.
    let half = unsafe { write(pages(), file, from, bytes / 2, at) };
    crash_point("store.pages.half-written");
    let written = if half == ffi::SQLITE_OK {
        unsafe { write(pages(), file, from, bytes, at) }
    } else {
        half
    };
    crash_point("store.pages.after-write");
    written
}

unsafe fn write(
    methods: &ffi::sqlite3_io_methods,
    file: File,
    from: *const c_void,
    bytes: c_int,
    at: i64,
) -> c_int {
    let write = methods.xWrite.expect("files can be written");
    // SAFETY: as above.
    unsafe { write(file, from, bytes, at) }
}

unsafe extern "C" fn sync_log(file: File, flags: c_int) -> c_int {
    crash_point("store.log.before-sync");
    // SAFETY: as above.
    let synced = unsafe { sync(log(), file, flags) };
    crash_point("store.log.after-sync");
    synced
}

unsafe extern "C" fn sync_pages(file: File, flags: c_int) -> c_int {
    crash_point("store.pages.before-sync");
    // SAFETY: as above.
    let synced = unsafe { sync(pages(), file, flags) };
    crash_point("store.pages.after-sync");
    synced
}

unsafe fn sync(methods: &ffi::sqlite3_io_methods, file: File, flags: c_int) -> c_int {
    let sync = methods.xSync.expect("files can be synced");
    // SAFETY: as above.
    unsafe { sync(file, flags) }
}

unsafe extern "C" fn cut_log(file: File, size: i64) -> c_int {
    crash_point("store.log.before-cut");
    let cut = log().xTruncate.expect("files can be cut off");
    // SAFETY: as above.
    let done = unsafe { cut(file, size) };
    crash_point("store.log.after-cut");
    done
}
