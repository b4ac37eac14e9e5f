//! Sources that are a Parquet file, and what is said of them by a program that reads none.

use crate::world::read_from;

#[cfg(not(feature = "parquet"))]
#[test]
fn a_build_without_parquet_says_so() {
    let said = read_from("r(id: text)", "parquet \"a.parquet\"", std::path::Path::new("."));
    let expected = "cannot read the source of relation \"r\", parquet \"a.parquet\": this program \
                    was built without Parquet: cargo build --features parquet";
    assert_eq!(said, expected);
}

#[cfg(feature = "parquet")]
mod with_parquet {
    use std::fs::File;
    use std::sync::Arc;

    use parquet::data_type::{
        BoolType, ByteArray, ByteArrayType, DoubleType, Int32Type, Int64Type,
    };
    use parquet::file::properties::WriterProperties;
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;

    use super::read_from;

    const SCHEMA: &str = "message rows {
        required boolean b;
        required int64 i;
        required double f;
        required binary t (UTF8);
        required int32 d (DATE);
        required int64 m (TIMESTAMP(MICROS, true));
        required int64 ns (TIMESTAMP(NANOS, true));
        required int64 n (DECIMAL(9, 2));
        optional int64 o;
    }";

    /// A folder with a file of two rows; the second has these nanoseconds, and a null in its last
    /// column if its level is 0.
    fn folder(nanoseconds: i64, level: i16) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder for temporary files");
        let schema = Arc::new(parse_message_type(SCHEMA).expect("a schema"));
        let file = File::create(folder.path().join("world.parquet")).expect("a file");
        let properties = Arc::new(WriterProperties::builder().build());
        let mut writer = SerializedFileWriter::new(file, schema, properties).expect("a writer");
        let mut group = writer.next_row_group().expect("a group");
        macro_rules! column {
            ($ty:ty, $values:expr) => {
                column!($ty, $values, None)
            };
            ($ty:ty, $values:expr, $levels:expr) => {
                let mut column = group.next_column().expect("it can be written").expect("a column");
                let typed = column.typed::<$ty>();
                typed.write_batch(&$values, $levels, None).expect("it can be written");
                column.close().expect("it can be written");
            };
        }
        column!(BoolType, [true, false]);
        column!(Int64Type, [7, -7]);
        column!(DoubleType, [1.5, 2.0]);
        column!(ByteArrayType, [ByteArray::from("a b"), ByteArray::from("")]);
        column!(Int32Type, [20_537, 0]);
        column!(Int64Type, [1_774_425_600_500_000, 0]);
        column!(Int64Type, [1_774_425_600_500_000_000, nanoseconds]);
        column!(Int64Type, [12_000, 12_050]);
        column!(Int64Type, [1, 2], Some(&[1, level]));
        group.close().expect("it can be written");
        writer.close().expect("it can be written");
        folder
    }

    /// All columns of the file.
    const DECLARED: &str = "r(b: bool, i: int, f: float, t: text, d: date, m: time, ns: time, \
                            n: float, o: int)";

    fn read(declared: &str, folder: &tempfile::TempDir) -> String {
        read_from(declared, "parquet \"world.parquet\"", folder.path())
    }

    #[test]
    fn every_type_is_read() {
        let expected = "true, 7, 1.5, \"a b\", 2026-03-25, 2026-03-25T08:00:00.5Z, \
                        2026-03-25T08:00:00.5Z, 120.0, 1\n\
                        false, -7, 2.0, \"\", 1970-01-01, 1970-01-01T00:00Z, \
                        1970-01-01T00:00:00.000002Z, 120.5, 2\n";
        assert_eq!(read(DECLARED, &folder(2_000, 1)), expected);
    }

    #[test]
    fn values_that_do_not_fit_say_where() {
        let said = read(DECLARED, &folder(1, 1));
        assert!(said.contains("row 2: column \"ns\": "), "{said}");
        let said = read(DECLARED, &folder(0, 0));
        assert!(said.contains("row 2: column \"o\" is NULL"), "{said}");
        let said = read(&DECLARED.replace("n: float", "n: int"), &folder(0, 1));
        assert!(said.contains("row 2: column \"n\": \"120.50\" is not an int"), "{said}");
    }

    #[test]
    fn columns_are_matched_by_name_and_type() {
        let folder = folder(0, 1);
        let said = read(&DECLARED.replace("i: int", "i: text"), &folder);
        let expected = "column \"i\" is INT64 in the file, and text in relation \"r\"";
        assert!(said.ends_with(expected), "{said}");
        let said = read("r(x: int)", &folder);
        let expected = "the file does not give \"x\", and relation \"r\" has no \"b\", \"i\"";
        assert!(said.contains(expected), "{said}");
        let other = || read_from("r(x: int)", "parquet \"other.parquet\"", folder.path());
        assert!(other().ends_with("No such file or directory (os error 2)"), "{}", other());
        std::fs::write(folder.path().join("other.parquet"), "no such thing").expect("written");
        assert!(other().contains("Parquet"), "{}", other());
    }
}
