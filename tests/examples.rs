//! The example programs and the language reference do what they say. `UPDATE=1 cargo test
//! --test examples` writes the generated data anew; read the diff.

#[path = "examples/data.rs"]
mod data;

use std::fs;
use std::path::Path;

/// The data beside the examples is what its rule makes.
#[test]
fn data_is_reproduced() {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let update = std::env::var_os("UPDATE").is_some();
    for (path, content) in data::files() {
        let path = rules.join(path);
        if update {
            fs::write(&path, &content).expect("rules/ can be written");
        }
        let found = fs::read_to_string(&path).unwrap_or_default();
        assert!(found == content, "{} differs: UPDATE=1 writes it anew", path.display());
    }
}
