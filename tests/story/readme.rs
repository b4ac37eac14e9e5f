//! The README's walk through the story, as a stranger does it.

use std::fs;
use std::path::Path;
use std::time::Duration;

use super::server::Server;
use super::world::World;

/// Every command of "A story with real servers" ends well, and at its end everything is there.
pub fn a_stranger_can_follow_it() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let page = fs::read_to_string(page).expect("there is a README");
    let (_, walk) = page.split_once("## A story with real servers\n").expect("it has the section");
    let (walk, _) = walk.split_once("\n## ").expect("another section follows");
    let mut blocks = walk.split("```sh\n").skip(1).map(|rest| {
        let (block, _) = rest.split_once("```").expect("a block ends");
        block.replace("cd /tmp/story\n. ./env\n", "")
    });
    let start = blocks.next().expect("the first one starts the servers");
    assert_eq!(start, "rules/story/start /tmp/story\nowed serve story.rules\n");

    let world = World::start(&[], Duration::from_secs(120));
    world.quicken("1s");
    let server = Server::start(&world);
    for block in blocks {
        world.shell(&block);
    }
    let estimate = "select sum(clicks) from results where campaign = '501' and day = '2026-03-25'";
    assert_eq!(world.sql(estimate).trim(), "400");
    // Four days of 21 campaigns of 20 ads, but for the day that was estimated.
    assert_eq!(world.count("results"), (4 * 21 - 1) * 20 + 1);
    let why = world.owed(&["why", "--roots"]);
    assert_eq!(why.lines().last(), Some("nothing is missing"));
    server.stop();
}
