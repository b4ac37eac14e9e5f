//! The socket as any program can speak it.

use crate::world::{World, until};

/// A receipt for each transaction, in the form of its lines; what is refused has its line.
#[test]
fn every_transaction_has_a_receipt() {
    let world = World::new();
    let _server = world.serve(&[]);
    let mut client = world.client();
    assert_eq!(client.ask("+campaign(\"501\")"), "committed 1");
    assert_eq!(
        client.ask(r#"{"insert":"campaign","row":{"id":"502"}}"#),
        r#"{"committed":2,"changed":1}"#
    );
    // What changes nothing has the number of the transaction before it.
    assert_eq!(client.ask("+campaign(\"501\")"), "committed 2");
    client.send("begin\n-campaign(_)\n+campaign(\"7\")\n");
    assert_eq!(client.ask("commit"), "committed 3");
    assert_eq!(world.done(&["list", "campaign"]), "campaign(\"7\")\n");

    assert_eq!(
        client.ask("+campaign(7)"),
        "refused 8: column \"id\": 7 is not text; expected text in double quotes"
    );
    let unknown = r#"{"refused":"relation \"campaign\" has no column \"name\"; it has "#;
    assert!(client.ask(r#"{"insert":"campaign","row":{"name":"7"}}"#).starts_with(unknown));
    // All of a transaction, or nothing.
    client.send("begin\n+campaign(\"8\")\n+results.ok(\"8\", 2026-03-24)\n");
    let derived =
        "refused 12: relation \"results.ok\" is derived by the clauses of goal \"results\"";
    assert_eq!(client.receive(), derived);
    let whole = "refused 13: the transaction of lines 10 to 13 is refused because of line 12";
    assert_eq!(client.ask("commit"), whole);
    assert_eq!(client.ask("echo \"still there\""), "echo \"still there\"");
    client.send("begin\n+campaign(\"9\")\n");
    let rest = client.rest();
    assert_eq!(rest.len(), 1, "{rest:?}");
    assert!(rest[0].starts_with("refused 17: the input ends in the transaction"), "{rest:?}");
    assert_eq!(world.done(&["list", "campaign"]), "campaign(\"7\")\n");
}

/// What the server keeps for itself, and what only it may know, is not written by feeds.
#[test]
fn some_things_are_not_for_feeds() {
    let world = World::new();
    let _server = world.serve(&[]);
    let mut client = world.client();
    let refused = client.ask("+owed.paused(\"goal\", \"csv\", 2026-03-25T08:00Z, \"me\")");
    assert_eq!(refused, "refused 1: relation \"owed.paused\" is kept by the server itself");
    let refused = client.ask("at 2027-03-25T08:00Z");
    assert!(refused.starts_with("refused 2: \"at\" is for a clock that is driven"), "{refused}");
    let report = "+csv.attempt(c: \"501\", d: 2026-03-24, outcome: \"gone\", message: \"no\")";
    let refused = client.ask(report);
    assert!(refused.starts_with("refused 3: no attempt is in flight for csv("), "{refused}");
}

/// Who subscribes hears each change; who says no more goes on hearing.
#[test]
fn subscribers_hear_what_changes() {
    let world = World::new();
    let server = world.serve(&[]);
    let mut subscriber = world.client();
    subscriber.send("subscribe campaign progress\n");
    assert_eq!(subscriber.ask("echo \"listening\""), "echo \"listening\"");
    let mut other = world.client();
    other.send("{\"subscribe\":[\"campaign\"]}\n");
    other.ask("{\"echo\":\"listening\"}");

    world.done(&["tell", "+campaign(\"501\")"]);
    assert_eq!(subscriber.receive(), "+campaign(\"501\")");
    let object = r#"{"insert":"campaign","row":{"id":"501"},"tx":1}"#;
    assert_eq!(other.receive(), object);
    world.want(&["502"], ("2026-03-24", "2026-03-24"));
    let block: Vec<String> = (0..4).map(|_| subscriber.receive()).collect();
    let expected = ["begin", "+campaign(\"502\")", "+progress(2026-03-24, 0, 2)", "commit"];
    assert_eq!(block, expected);
    world.settle();

    drop(server);
    let rest = subscriber.rest();
    assert!(rest.iter().any(|line| line == "+progress(2026-03-24, 2, 2)"), "{rest:?}");
}

/// Bytes that are no feed are refused, line by line, and hurt nobody.
#[test]
fn noise_is_refused() {
    let world = World::new();
    let _server = world.serve(&[]);
    let mut noisy = world.client();
    assert_eq!(noisy.ask("\u{1}"), "refused 1: `\\u{1}` has no place in a rules file");
    noisy.send(b"\xff\xfe\n");
    assert_eq!(noisy.receive(), "refused 2: the line is not UTF-8");
    let unknown = noisy.ask(r#"{"ask":"nonsense"}"#);
    assert!(unknown.starts_with(r#"{"error":"unknown variant `nonsense`"#), "{unknown}");
    let king = noisy.ask(r#"{"as":"king"}"#);
    let expected =
        r#"{"refused":"nobody is a \"king\"; expected \"person\" or \"feed\"","line":4}"#;
    assert_eq!(king, expected);
    let nothing = noisy.ask("subscribe nothing");
    assert_eq!(nothing, "refused 5: there is no relation \"nothing\"");
    noisy.send("+campaign(\"half");
    let rest = noisy.rest();
    assert!(rest.len() == 1 && rest[0].starts_with("refused 6: "), "{rest:?}");

    // A line without end is given up; the client is let go, and the next one is served.
    let mut long = world.client();
    long.send(vec![b'x'; (1 << 20) + 1]);
    assert_eq!(long.receive(), "refused 1: the line is longer than 1048576 bytes");
    assert_eq!(long.receive(), "");
    assert_eq!(world.client().ask("echo \"me\""), "echo \"me\"");
}

/// A hundred clients at once, and one among them that subscribes and never reads.
#[test]
fn clients_do_not_hurt_each_other() {
    const CLIENTS: usize = 100;
    const EACH: usize = 60;
    let world = World::new();
    world.write("campaigns.rules", "input said(client: int, number: int).\n");
    let _server = world.serve(&[]);
    let mut deaf = world.client();
    deaf.send("subscribe said\n");
    deaf.ask("echo \"listening\"");
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            let world = &world;
            scope.spawn(move || {
                let mut feed = world.client();
                for number in 0..EACH {
                    feed.send(format!("+said({client}, {number})\n"));
                }
                (0..EACH).for_each(|_| assert!(feed.receive().starts_with("committed ")));
            });
        }
    });
    assert_eq!(world.done(&["list", "said"]).lines().count(), CLIENTS * EACH);
    // What waited for it has a limit, and that is said to it.
    let mut heard = 0;
    let last = loop {
        match deaf.receive() {
            line if line.starts_with("+said(") => heard += 1,
            line => break line,
        }
    };
    assert!(last.starts_with("refused 0: the subscription has ended"), "{last}");
    assert!(0 < heard && heard < CLIENTS * EACH, "{heard}");
}

/// Who goes away while it waits, or listens to what never changes, leaves no connection.
#[test]
fn clients_that_are_gone_are_let_go() {
    const CLIENTS: usize = 20;
    let world = World::new();
    world.remove("dependency/2026-03-25");
    let server = world.serve(&[]);
    world.want(&["501"], ("2026-03-25", "2026-03-25"));
    let mut clients = Vec::new();
    for number in 0..CLIENTS {
        let mut client = world.client();
        client.send(match number % 2 {
            0 => "{\"ask\":\"wait\",\"instances\":\"results\"}\n",
            _ => "subscribe wanted\n",
        });
        clients.push(client);
    }
    until("they are there", || server.sockets() >= CLIENTS);
    drop(clients);
    until("they are gone", || server.sockets() < CLIENTS / 2);
}
