//! Answers for programs. Their shape is versioned by `schema_version`, the first name in each:
//! names may be added under a version, never taken away.

use serde_json::{Map, Value as Json};

const SCHEMA_VERSION: u32 = 1;

/// An object in one line, which says first how it is to be read.
pub(super) fn versioned(answer: Json) -> String {
    let mut object = Map::from_iter([("schema_version".into(), SCHEMA_VERSION.into())]);
    match answer {
        Json::Object(answer) => object.extend(answer),
        other => panic!("{other} is no object"),
    }
    format!("{}\n", Json::Object(object))
}
