//! The README's walk, as a stranger does it.

use std::fs;
use std::path::Path;

use crate::world::World;

/// Every command of "Leave it running" ends well, and what the walk promises is there at its end.
/// When the server was killed it is started again, as the text says.
#[test]
fn a_stranger_can_follow_the_readme() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let page = fs::read_to_string(page).expect("there is a README");
    let (_, walk) = page.split_once("## Leave it running\n").expect("it has the section");
    let (walk, _) = walk.split_once("\n### ").expect("another section follows");
    let mut blocks = walk.split("```sh\n").skip(1).map(|rest| {
        let (block, _) = rest.split_once("```").expect("a block ends");
        block.replace("cd /tmp/live\n", "")
    });
    let start = blocks.next().expect("the first one starts a server");
    assert_eq!(start, "cp -r rules/live /tmp/live\nowed serve campaigns.rules\n");

    let world = World::new();
    let mut server = world.serve(&[]);
    let mut restarts = 0;
    for block in blocks {
        let said = world.shell(&block);
        assert!(said.status.success(), "{block}{said:?}");
        if block.contains("kill -9") {
            server.end();
            server = world.serve(&[]);
            restarts += 1;
        }
    }
    assert_eq!(restarts, 1, "the walk kills the server once");
    let waived = world.done(&["list", "results.state", "502"]);
    assert!(waived.contains("results.state(\"502\", 2026-03-26, \"waived\")"), "{waived}");
    assert_eq!(world.read("results/501-2026-03-26"), "1\n");
}
