//! The socket itself: where it is, who may open it, and who is there.

use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix::unistd::{Uid, User, getuid};
use thiserror::Error;
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;

use super::connection::serve;
use crate::model::crash_point;
use crate::runtime::Handle;

/// A socket that clients can open.
#[derive(Debug)]
pub struct Socket {
    listener: UnixListener,
    path: PathBuf,
}

/// Why there is none.
#[derive(Debug, Error)]
pub enum SocketError {
    #[error(
        "the path of the socket {} has more than {PATH_BYTES_MAX} bytes; give a shorter one with \
         --socket", path.display()
    )]
    TooLong { path: PathBuf },
    #[error(
        "{} is no socket, and is left as it is; give another path with --socket",
        path.display()
    )]
    Occupied { path: PathBuf },
    #[error("another server listens on {}; give another path with --socket", path.display())]
    Busy { path: PathBuf },
    #[error("cannot open the socket {}: {error}", path.display())]
    Io { path: PathBuf, error: io::Error },
}

/// What fits into an address of the kernel's.
const PATH_BYTES_MAX: usize = 107;
/// More clients than these wait until one has gone.
const CLIENTS_MAX: usize = 1_024;

impl Socket {
    /// Opens a socket for our own user. One that is left from a server that is gone is removed.
    ///
    /// # Errors
    /// If there can be no socket at that path.
    pub fn open(path: &Path) -> Result<Socket, SocketError> {
        let path = path.to_path_buf();
        if path.as_os_str().len() > PATH_BYTES_MAX {
            return Err(SocketError::TooLong { path });
        }
        match std::fs::symlink_metadata(&path) {
            Ok(found) if !found.file_type().is_socket() => {
                return Err(SocketError::Occupied { path });
            }
            Ok(_) if std::os::unix::net::UnixStream::connect(&path).is_ok() => {
                return Err(SocketError::Busy { path });
            }
            Ok(_) | Err(_) => {}
        }
        let opened = match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => {
                crash_point("socket.before-bind");
                UnixListener::bind(&path)
            }
        };
        let private = std::fs::Permissions::from_mode(0o600);
        let opened = opened.and_then(|listener| {
            crash_point("socket.bound");
            std::fs::set_permissions(&path, private)?;
            Ok(listener)
        });
        match opened {
            Ok(listener) => Ok(Socket { listener, path }),
            Err(error) => Err(SocketError::Io { path, error }),
        }
    }

    /// Lets clients in until the server has stopped; then they hear what they are still owed.
    pub async fn run(self, handle: Handle) {
        let mut clients = JoinSet::new();
        loop {
            let has_room = clients.len() < CLIENTS_MAX;
            tokio::select! {
                accepted = self.listener.accept(), if has_room => match accepted {
                    Ok((stream, _)) => {
                        crash_point("socket.accepted");
                        if let Some(who) = user_behind(&stream) {
                            clients.spawn(serve(stream, handle.clone(), who));
                        }
                    }
                    // Out of files: somebody has to go first.
                    Err(error) => {
                        tracing::warn!("a client could not be let in: {error}");
                        tokio::time::sleep(PAUSE).await;
                    }
                },
                Some(_) = clients.join_next(), if !clients.is_empty() => {}
                () = handle.stopped() => break,
            }
        }
        drop(self);
        while clients.join_next().await.is_some() {}
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // Whoever removed it before us has done it.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// The name of the user who opened the connection; `None` if he is neither we nor root.
fn user_behind(stream: &UnixStream) -> Option<String> {
    let uid = Uid::from_raw(stream.peer_cred().ok()?.uid());
    if uid != getuid() && !uid.is_root() {
        tracing::warn!("user {uid} may not talk to this server");
        return None;
    }
    let name = User::from_uid(uid).ok().flatten().map(|user| user.name);
    Some(name.unwrap_or_else(|| uid.to_string()))
}

const PAUSE: std::time::Duration = std::time::Duration::from_millis(100);
