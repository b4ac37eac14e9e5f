//! Named places at which a build for the crash test may be made to die. In any other build there
//! is nothing at them.

#[cfg(feature = "crash-points")]
use std::sync::OnceLock;

/// Passes a place, which is in the list of all.
#[cfg(not(feature = "crash-points"))]
#[inline(always)]
pub fn crash_point(_name: &'static str) {}

/// Passes a place, which is in the list of all, and tells the one who watches.
#[cfg(feature = "crash-points")]
pub fn crash_point(name: &'static str) {
    assert!(CRASH_POINTS.contains(&name), "crash point {name} is not in the list");
    if let Some(watch) = WATCH.get() {
        watch(name);
    }
}

/// Who is told of each place that is passed, on the thread that passes it.
#[cfg(feature = "crash-points")]
pub type CrashWatch = Box<dyn Fn(&'static str) + Send + Sync>;

#[cfg(feature = "crash-points")]
static WATCH: OnceLock<CrashWatch> = OnceLock::new();

/// Has somebody told from now on.
///
/// # Panics
/// If somebody is told already.
#[cfg(feature = "crash-points")]
pub fn watch_crash_points(watch: CrashWatch) {
    assert!(WATCH.set(watch).is_ok(), "somebody watches the crash points already");
}

/// All of them.
#[cfg(feature = "crash-points")]
pub const CRASH_POINTS: &[&str] = &[
    "connection.answer.after",
    "connection.answer.before",
    "connection.send.after",
    "connection.send.before",
    "guard.mark.in-place",
    "guard.mark.written",
    "keeper.answer.after",
    "keeper.answer.before",
    "keeper.effects.before-send",
    "keeper.reload.after-rules",
    "keeper.reload.before-rules",
    "keeper.stop",
    "keeper.turn.after",
    "keeper.turn.before",
    "machine.alarm.before",
    "machine.attempt.after-commit",
    "machine.attempt.before-commit",
    "machine.begin.applied",
    "machine.close.before",
    "machine.flush.before-effects",
    "machine.reload.adopted",
    "machine.reload.before-engine",
    "machine.sources.after-commit",
    "machine.sources.before-commit",
    "machine.start.loaded",
    "machine.start.opened",
    "machine.take.after-apply",
    "machine.take.before-apply",
    "machine.take.before-commit",
    "machine.tick.before",
    "process.ended",
    "process.group.killed",
    "process.guarded",
    "process.reap.after",
    "process.reap.before",
    "process.spawn.after",
    "process.spawn.before",
    "serve.ended",
    "serve.guarded",
    "serve.socket-open",
    "serve.started",
    "socket.accepted",
    "socket.before-bind",
    "socket.bound",
    "store.adopt.after-commit",
    "store.adopt.before",
    "store.adopt.row-back",
    "store.adopt.row-set-aside",
    "store.adopt.table-dropped",
    "store.adopt.table-made",
    "store.begin.after",
    "store.begin.before",
    "store.checkpoint.after",
    "store.checkpoint.before",
    "store.commit.after",
    "store.commit.before",
    "store.commit.before-row",
    "store.commit.history-written",
    "store.commit.record-applied",
    "store.file.after-sync",
    "store.file.before-sync",
    "store.folder.locked",
    "store.folder.made",
    "store.forget.deleted",
    "store.forget.noted",
    "store.log.after-cut",
    "store.log.after-sync",
    "store.log.after-write",
    "store.log.before-cut",
    "store.log.before-sync",
    "store.log.before-write",
    "store.log.half-written",
    "store.pages.after-sync",
    "store.pages.after-write",
    "store.pages.before-sync",
    "store.pages.before-write",
    "store.pages.half-written",
    "store.snapshot.before-sync",
    "store.snapshot.file-made",
    "store.tables.after-commit",
    "store.tables.before-commit",
    "store.tables.before-mark",
    "world.act.before",
    "world.close.stopped",
    "world.ended.after-tell",
    "world.ended.before-tell",
    "world.launch.after",
    "world.look.before",
    "world.reload.after",
    "world.reload.compiled",
    "world.source.read",
    "world.stop.before",
];
