//! Processes from their start to their end.

use std::fs;
use std::future::Future;
use std::time::Duration;

use owed::runtime::process::{Ended, Ending, Launch, Limits, STDERR_BYTES_MAX, Stopper, spawn};

use super::world::{Folder, alive_in_group, guard, is_alive, until};

/// Limits under which nothing is waited for in vain.
const LIMITS: Limits = Limits {
    output_bytes_max: 100_000,
    grace: Duration::from_secs(60),
    drain: Duration::from_secs(60),
};

/// Runs to the end; `meanwhile` runs beside it and has its stopper.
fn run_with<F: Future<Output = ()>>(
    launch: Launch,
    limits: Limits,
    meanwhile: impl FnOnce(Stopper) -> F,
) -> Ended {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("there is one").block_on(async {
        let (stopper, end) = spawn(launch, limits, guard());
        let group = stopper.pid();
        let (ended, ()) = tokio::join!(end, meanwhile(stopper));
        if let Some(group) = group {
            let group = i32::try_from(group).expect("a process's number");
            until("the end of the whole group", || alive_in_group(group).is_empty());
        }
        ended
    })
}

fn run(launch: Launch) -> Ended {
    run_with(launch, LIMITS, |_| async {})
}

fn shell(text: &str) -> Ended {
    run(Folder::new().shell(text))
}

fn killed(signal: &str) -> Ending {
    Ending::Killed(signal.to_string())
}

/// Waits for a file without holding up the runtime, then stops the process.
async fn stop_once(stopper: Stopper, folder: &Folder, file: &str) {
    while !folder.path().join(file).exists() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    stopper.stop();
}

#[test]
fn output_complaints_and_exit_code_come_back() {
    let ended = shell("echo '+a(1)'; echo one >&2; echo 'two words' >&2; echo '  ' >&2; exit 69");
    assert_eq!(ended.ending, Ending::Exited(69));
    assert_eq!(ended.stdout, b"+a(1)\n");
    assert_eq!(ended.stderr_tail, "one\ntwo words\n  \n");
    assert_eq!(ended.last_line().as_deref(), Some("two words"));
    assert!(!ended.is_stopped);
}

#[test]
fn exit_codes_and_signals_are_told_apart() {
    assert_eq!(shell("exit 0").ending, Ending::Exited(0));
    assert_eq!(shell("exit 75").ending, Ending::Exited(75));
    assert_eq!(shell("exit 143").ending, Ending::Exited(143));
    assert_eq!(shell("kill -TERM $$").ending, killed("SIGTERM"));
    assert_eq!(shell("kill -KILL $$").ending, killed("SIGKILL"));
    assert_eq!(shell("exit 1").last_line(), None);
}

#[test]
fn the_input_arrives_and_ends() {
    let folder = Folder::new();
    let launch = |text: &str, input: Vec<u8>| Launch { input, ..folder.shell(text) };
    let ended = run(launch("cat; echo end", b"{\"c\":1}\n{\"c\":2}\n".to_vec()));
    assert_eq!(ended.stdout, b"{\"c\":1}\n{\"c\":2}\nend\n");
    let ended = run(launch("wc -c", vec![b'x'; 5_000_000]));
    assert_eq!(String::from_utf8(ended.stdout).expect("digits").trim(), "5000000");
}

/// Both are larger than a pipe: whoever wrote first and read then would wait for ever.
#[test]
fn input_and_output_do_not_wait_for_each_other() {
    let limits = Limits { output_bytes_max: 10_000_000, ..LIMITS };
    let folder = Folder::new();
    let launch = Launch { input: vec![b'x'; 3_000_000], ..folder.shell("cat; cat >&2") };
    let ended = run_with(launch, limits, |_| async {});
    assert_eq!(ended.stdout.len(), 3_000_000);
}

#[test]
fn nobody_has_to_read_the_input() {
    let folder = Folder::new();
    for text in ["exit 3", "exec <&-; echo still here; exit 3"] {
        let launch = Launch { input: vec![b'x'; 5_000_000], ..folder.shell(text) };
        assert_eq!(run(launch).ending, Ending::Exited(3), "{text}");
    }
}

#[test]
fn a_process_may_close_everything_and_go_on() {
    let ended = shell("echo out; exec >&- 2>&- <&-; sleep 0.1; exit 4");
    assert_eq!((ended.ending, &*ended.stdout), (Ending::Exited(4), &b"out\n"[..]));
}

#[test]
fn a_flood_is_stopped() {
    let ended = shell("yes '+a(1)'");
    assert_eq!(ended.ending, Ending::Flooded { bytes_max: LIMITS.output_bytes_max });
    assert_eq!(ended.stdout.len(), LIMITS.output_bytes_max);
}

#[test]
fn a_flood_is_one_byte_more_than_the_limit() {
    assert_eq!(shell("head -c 100000 /dev/zero").ending, Ending::Exited(0));
    let flooded = Ending::Flooded { bytes_max: 100_000 };
    assert_eq!(shell("head -c 100001 /dev/zero").ending, flooded);
}

#[test]
fn the_end_of_endless_complaints_is_kept() {
    let ended = shell("head -c 3000000 /dev/zero | tr '\\0' 'ä' >&2; echo the end >&2; exit 1");
    assert!(ended.stderr_tail.len() <= STDERR_BYTES_MAX, "{}", ended.stderr_tail.len());
    assert!(ended.stderr_tail.ends_with("the end\n"), "{}", ended.stderr_tail);
    assert_eq!(ended.last_line().expect("there is one").chars().count(), 500);
}

/// Not half a character, and nothing that would paint a terminal.
#[test]
fn complaints_are_text() {
    let ended = shell("printf '\\033[31mred\\000 \\377\\376 \\tend\\r\\n' >&2");
    assert_eq!(ended.stderr_tail, "[31mred \u{fffd}\u{fffd} \tend\n");
    let ended = shell("i=0; while [ $i -lt 3000 ]; do printf 'äö'; i=$((i+1)); done >&2");
    assert!(ended.stderr_tail.chars().all(|one| "äö".contains(one)), "{}", ended.stderr_tail);
}

#[test]
fn output_is_bytes() {
    assert_eq!(shell("printf '\\377\\000\\n'").stdout, b"\xff\x00\n");
}

#[test]
fn who_hangs_is_asked_to_stop() {
    let folder = Folder::new();
    let text = "trap 'echo bye >&2; exit 7' TERM; touch ready; while :; do sleep 0.01; done";
    let ended =
        run_with(folder.shell(text), LIMITS, |stopper| stop_once(stopper, &folder, "ready"));
    assert_eq!((&ended.ending, ended.is_stopped), (&Ending::Exited(7), true));
    assert_eq!(ended.last_line().as_deref(), Some("bye"));
}

#[test]
fn the_whole_group_is_asked() {
    let folder = Folder::new();
    let text = "trap 'wait; exit 5' TERM\n\
                (trap 'echo child >told; exit' TERM; touch ready; while :; do sleep 0.01; done) &\n\
                wait";
    let ended =
        run_with(folder.shell(text), LIMITS, |stopper| stop_once(stopper, &folder, "ready"));
    assert_eq!(ended.ending, Ending::Exited(5));
    assert_eq!(folder.read_once_written("told"), "child");
}

#[test]
fn who_does_not_listen_is_killed_after_the_grace() {
    let folder = Folder::new();
    let text = "trap '' TERM; touch ready; while :; do sleep 0.01; done";
    let limits = Limits { grace: Duration::from_millis(200), ..LIMITS };
    let ended =
        run_with(folder.shell(text), limits, |stopper| stop_once(stopper, &folder, "ready"));
    assert_eq!((&ended.ending, ended.is_stopped), (&killed("SIGKILL"), true));
    assert!(ended.duration >= limits.grace, "{:?}", ended.duration);
}

#[test]
fn who_is_killed_has_no_grace() {
    let folder = Folder::new();
    let text = "trap '' TERM; touch ready; while :; do sleep 0.01; done";
    let ended = run_with(folder.shell(text), LIMITS, async |stopper: Stopper| {
        stop_once(stopper.clone(), &folder, "ready").await;
        stopper.kill();
    });
    assert_eq!(ended.ending, killed("SIGKILL"));
    assert!(ended.duration < LIMITS.grace, "{:?}", ended.duration);
}

/// Their number may be somebody else's by then.
#[test]
fn stopping_what_has_ended_does_nothing() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let ended = runtime.expect("there is one").block_on(async {
        let (stopper, end) = spawn(Folder::new().shell("exit 0"), LIMITS, guard());
        let ended = end.await;
        stopper.stop();
        stopper.kill();
        ended
    });
    assert_eq!((ended.ending, ended.is_stopped), (Ending::Exited(0), false));
}

#[test]
fn what_it_leaves_behind_is_killed() {
    let folder = Folder::new();
    // The background process holds all pipes open, and would for an hour.
    let ended = run(folder.shell("(trap '' TERM HUP; sleep 3600) & echo $! >pid; echo done"));
    assert_eq!((ended.ending, &*ended.stdout), (Ending::Exited(0), &b"done\n"[..]));
    let left: i32 = folder.read_once_written("pid").parse().expect("a number");
    until("its end", || !is_alive(left));
}

/// Who leaves the group is not found, but its hold on the pipes is waited for no longer than
/// the limit.
#[test]
fn who_leaves_the_group_holds_nothing_up() {
    let folder = Folder::new();
    let limits = Limits { drain: Duration::from_millis(100), ..LIMITS };
    let text = "setsid sh -c 'echo $$ >pid; exec sleep 3600' & \
                while ! [ -s pid ]; do sleep 0.01; done; echo done";
    let ended = run_with(folder.shell(text), limits, |_| async {});
    let left: i32 = folder.read_once_written("pid").parse().expect("a number");
    assert!(is_alive(left), "this is what cannot be promised");
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(left), nix::sys::signal::Signal::SIGKILL)
        .expect("it is ours");
    assert_eq!((ended.ending, &*ended.stdout), (Ending::Exited(0), &b"done\n"[..]));
    assert!(ended.duration < Duration::from_secs(30), "{:?}", ended.duration);
}

#[test]
fn a_process_leads_a_group_of_its_own() {
    let ended = shell("ps -o pgid= -p $$; echo $$");
    let text = String::from_utf8(ended.stdout).expect("digits");
    let numbers: Vec<&str> = text.split_whitespace().collect();
    assert_eq!(numbers[0], numbers[1]);
}

#[test]
fn what_cannot_be_started_says_why() {
    let folder = Folder::new();
    let not_started = |program: &str| {
        let launch = Launch { program: program.into(), ..folder.shell("") };
        match run(launch) {
            Ended { ending: Ending::NotStarted(reason), .. } => reason,
            ended => panic!("{ended:?}"),
        }
    };
    let plain = folder.write("plain", "no program").display().to_string();
    let orphan = folder.script("orphan", "").display().to_string();
    fs::write(&orphan, "#!/no/such/shell\n").expect("it is ours");
    assert_eq!(not_started("/no/such"), "cannot start /no/such: No such file or directory");
    assert_eq!(not_started("no-such-7"), "cannot start no-such-7: no folder of PATH has it");
    assert_eq!(not_started(&plain), format!("cannot start {plain}: Permission denied"));
    assert_eq!(not_started(&orphan), format!("cannot start {orphan}: No such file or directory"));
    let here = folder.path().display().to_string();
    assert_eq!(not_started(&here), format!("cannot start {here}: Permission denied"));
    let nowhere = Launch { folder: folder.path().join("gone"), ..folder.shell("exit 0") };
    let said = format!("cannot start anything in {here}/gone: there is no such folder");
    assert_eq!(run(nowhere).ending, Ending::NotStarted(said));
}

#[test]
fn a_name_is_found_in_the_path_that_the_process_gets() {
    let folder = Folder::new();
    folder.write("first/tool", "not executable");
    fs::create_dir_all(folder.path().join("second/tool")).expect("a folder");
    folder.script("third/tool", "echo third");
    folder.script("fourth/tool", "echo fourth");
    let here = folder.path().display();
    let path = format!("{here}/none:{here}/first:second:third:{here}/fourth");
    let environment = vec![("PATH".into(), path.into())];
    let ended = run(Launch { program: "tool".into(), environment, ..folder.shell("") });
    assert_eq!(ended.stdout, b"third\n", "{:?}", ended.ending);
}

#[test]
fn too_many_words_are_said_to_be_too_many() {
    let arguments = vec!["x".repeat(100_000); 100];
    let folder = Folder::new();
    let launch = Launch { arguments, ..folder.shell("") };
    let said = "cannot start /bin/sh: Argument list too long".to_string();
    assert_eq!(run(launch).ending, Ending::NotStarted(said));
}

#[test]
fn folder_environment_and_words_are_as_given() {
    let folder = Folder::new();
    folder.script(
        "bin/show words",
        "pwd; env | grep -v '^PWD=\\|^OWED_GUARD=\\|^OLDPWD=\\|^SHLVL=\\|^_='; \
                   for word; do echo \"[$word]\"; done",
    );
    let launch = Launch {
        program: folder.path().join("bin/show words").into(),
        arguments: ["a b", "", "$HOME", "*", "-n"].map(str::to_string).to_vec(),
        environment: vec![("PATH".into(), "/usr/bin:/bin".into()), ("X".into(), "1=2\n3".into())],
        ..folder.shell("")
    };
    let here = folder.path().canonicalize().expect("it is there");
    let expected = format!(
        "{}\nPATH=/usr/bin:/bin\nX=1=2\n3\n[a b]\n[]\n[$HOME]\n[*]\n[-n]\n",
        here.display()
    );
    let mut got: Vec<String> =
        String::from_utf8(run(launch).stdout).expect("text").lines().map(String::from).collect();
    let mut expected: Vec<String> = expected.lines().map(String::from).collect();
    got.sort();
    expected.sort();
    assert_eq!(got, expected);
}

#[test]
fn files_of_ours_are_not_open_there() {
    let folder = Folder::new();
    let path = folder.write("ours", "");
    let _ours = fs::File::open(&path).expect("it is there");
    let ended = run(folder.shell("ls -l /proc/$$/fd"));
    let open = String::from_utf8(ended.stdout).expect("text");
    assert!(open.contains("pipe:") && !open.contains(&path.display().to_string()), "{open}");
}

#[test]
fn who_drops_the_future_kills_the_process() {
    let folder = Folder::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let pid = runtime.expect("there is one").block_on(async {
        let (stopper, end) = spawn(folder.shell("sleep 3600 & wait"), LIMITS, guard());
        drop(end);
        i32::try_from(stopper.pid().expect("it was started")).expect("a process's number")
    });
    until("the group's end", || alive_in_group(pid).is_empty());
}

#[test]
fn many_at_once_do_not_get_into_each_others_way() {
    let folder = Folder::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let guard = guard();
    let ended = runtime.expect("there is one").block_on(async {
        let mut set = tokio::task::JoinSet::new();
        for number in 0..100_u8 {
            let text = format!("echo {number}; exit {number}");
            let (_, end) = spawn(folder.shell(&text), LIMITS, guard.clone());
            set.spawn(async move { (number, end.await) });
        }
        set.join_all().await
    });
    assert_eq!(ended.len(), 100);
    for (number, ended) in ended {
        assert_eq!(ended.ending, Ending::Exited(i32::from(number)));
        assert_eq!(ended.stdout, format!("{number}\n").as_bytes());
    }
}
