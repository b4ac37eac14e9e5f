//! What file systems tell of changes, and who is woken by it.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use nix::errno::Errno;
use nix::sys::statfs::{FsType, statfs};
use notify::event::{AccessKind, AccessMode, CreateKind, ModifyKind, RemoveKind};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use super::bell::Bell;

/// The files that are watched one by one.
pub struct Wakes {
    watcher: Mutex<Option<RecommendedWatcher>>,
    files: Arc<Mutex<Vec<(PathBuf, Bell)>>>,
}

impl std::fmt::Debug for Wakes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wakes").finish_non_exhaustive()
    }
}

impl Wakes {
    /// Watches nothing yet. Where that cannot be done nobody is woken: files are looked at anyway.
    pub fn start() -> Wakes {
        let files: Arc<Mutex<Vec<(PathBuf, Bell)>>> = Arc::default();
        let known = files.clone();
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            let known = known.lock().unwrap_or_else(PoisonError::into_inner);
            let told = match event {
                Ok(event) if is_of_reading(&event) => return,
                Ok(event) if !event.need_rescan() => Some(event.paths),
                Ok(_) | Err(_) => None,
            };
            let is_told = |path: &PathBuf| told.as_ref().is_none_or(|paths| paths.contains(path));
            known.iter().filter(|(path, _)| is_told(path)).for_each(|(_, bell)| bell.stir());
        });
        Wakes { watcher: Mutex::new(watcher.ok()), files }
    }

    /// Rings when something happens to a file in a folder.
    pub fn listen_to_file(&self, folder: &Path, file: &Path, bell: Bell) {
        let mut watcher = self.watcher.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(watcher) = watcher.as_mut() else { return };
        // Not to the file: one that takes its place is another.
        if watcher.watch(folder, RecursiveMode::NonRecursive).is_ok() {
            let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
            files.push((file.to_path_buf(), bell));
        }
    }
}

/// A folder that is watched, with all below it or alone, until this is dropped.
pub struct FolderWatch {
    _watcher: RecommendedWatcher,
    root: PathBuf,
    /// Which folder it is, for another may take its place.
    identity: Option<(u64, u64)>,
}

impl FolderWatch {
    /// Rings for what happens there.
    ///
    /// # Errors
    /// Why nothing would be heard.
    pub fn start(root: &Path, is_deep: bool, bell: Bell) -> Result<FolderWatch, String> {
        let identity = identity(root);
        let hear = move |event: notify::Result<Event>| match event {
            Ok(event) if is_of_reading(&event) || is_of_writing(&event) => {}
            Ok(event) if event.need_rescan() || is_of_folder(&event) => bell.stir(),
            Ok(event) => event.paths.into_iter().for_each(|path| bell.stir_at(path)),
            Err(_) => bell.stir(),
        };
        let words = |error: notify::Error| match error.kind {
            notify::ErrorKind::MaxFilesWatch => {
                "there are more folders than inotify may watch (fs.inotify.max_user_watches)".into()
            }
            notify::ErrorKind::Io(error) if error.raw_os_error() == Some(Errno::EMFILE as i32) => {
                "too many programs have inotify open already (fs.inotify.max_user_instances)".into()
            }
            notify::ErrorKind::Io(error) => error.to_string(),
            other => format!("{other:?}"),
        };
        let mut watcher = notify::recommended_watcher(hear).map_err(words)?;
        let mode = if is_deep { RecursiveMode::Recursive } else { RecursiveMode::NonRecursive };
        watcher.watch(root, mode).map_err(words)?;
        Ok(FolderWatch { _watcher: watcher, root: root.to_path_buf(), identity })
    }

    /// Whether it is still the folder of that name.
    pub fn is_in_place(&self) -> bool {
        self.identity.is_some() && identity(&self.root) == self.identity
    }
}

fn identity(folder: &Path) -> Option<(u64, u64)> {
    fs::metadata(folder).ok().map(|found| (found.dev(), found.ino()))
}

/// Whether somebody has only read there, as we do ourselves.
fn is_of_reading(event: &Event) -> bool {
    match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => false,
        EventKind::Access(_) => true,
        _ => false,
    }
}

/// Whether somebody writes to a file, who will close it: that is told as well, and once.
fn is_of_writing(event: &Event) -> bool {
    matches!(event.kind, EventKind::Modify(ModifyKind::Data(_)))
}

/// Whether it says something of all that is below a folder.
fn is_of_folder(event: &Event) -> bool {
    match event.kind {
        EventKind::Create(CreateKind::Folder) | EventKind::Remove(RemoveKind::Folder) => true,
        EventKind::Modify(ModifyKind::Name(_)) => event.paths.iter().any(|path| path.is_dir()),
        _ => false,
    }
}

/// Whether the file system there tells of all changes: one that other machines write to does not.
pub fn gives_events(folder: &Path) -> bool {
    let found = statfs(folder).map(|found| found.filesystem_type());
    found.is_ok_and(|kind| !SHARED.contains(&kind))
}

/// By their magic numbers: NFS, SMB in three versions, FUSE, 9P, Ceph, AFS, Lustre, GFS2, OCFS2,
/// GPFS, VirtualBox's shared folders.
const SHARED: [FsType; 13] = [
    FsType(0x6969),
    FsType(0x517b),
    FsType(0xff53_4d42_u32 as _),
    FsType(0xfe53_4d42_u32 as _),
    FsType(0x6573_5546),
    FsType(0x0102_1997),
    FsType(0x00c3_6400),
    FsType(0x5346_414f),
    FsType(0x0bd0_0bd0),
    FsType(0x0116_1970),
    FsType(0x7461_636f),
    FsType(0x4750_4653),
    FsType(0x786f_4256),
];
