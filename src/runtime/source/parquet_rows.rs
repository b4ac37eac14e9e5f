//! Rows of a Parquet file, whose columns are matched by name and type.

use std::fs::File;

use parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type as Physical};
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::Field;
use parquet::schema::types::ColumnDescriptor;

use super::error::SourceError;
use super::place::Place;
use super::read::Reading;
use super::secret::fill_in;
use super::sql::{null, places};
use crate::feed::parse_cell;
use crate::model::{Date, Float, Relation, Row, Timestamp, Type, Value};

/// The rows of a file.
pub(super) fn parquet(
    path: &str,
    relation: &Relation,
    place: &Place,
) -> Result<Reading, SourceError> {
    let filled = fill_in(path)?;
    let file = File::open(place.folder().join(filled.reveal()));
    let rows = file.map_err(|error| error.to_string()).and_then(|file| read(file, relation));
    rows.map(Reading::of).map_err(|why| filled.error(&why))
}

fn read(file: File, relation: &Relation) -> Result<Vec<Row>, String> {
    let say = |error: parquet::errors::ParquetError| error.to_string();
    let reader = SerializedFileReader::new(file).map_err(say)?;
    let schema = reader.metadata().file_metadata().schema_descr();
    if schema.root_schema().get_fields().iter().any(|field| !field.is_primitive()) {
        return Err("the file has columns that are groups or lists".to_string());
    }
    let names: Vec<&str> = schema.columns().iter().map(|column| column.name()).collect();
    let places = places("file", &names, relation)?;
    for (column, place) in relation.columns.iter().zip(&places) {
        let given = &schema.columns()[*place];
        if !fits(given, column.ty) {
            let (name, given) = (&column.name, describe(given));
            let (ty, relation) = (column.ty, &relation.name);
            return Err(format!(
                "column \"{name}\" is {given} in the file, and {ty} in relation \"{relation}\""
            ));
        }
    }
    let mut rows: Vec<Row> = Vec::new();
    for given in reader.get_row_iter(None).map_err(say)? {
        let given = given.map_err(say)?.into_columns();
        let number = rows.len() + 1;
        let row = relation.columns.iter().zip(&places).map(|(column, place)| {
            let name = &column.name;
            let is_fine = is_nanoseconds(&schema.columns()[*place]);
            let value = match &given[*place].1 {
                Field::Null => return Err(null(name, number)),
                field => value(field, column.ty, is_fine),
            };
            value.map_err(|why| format!("row {number}: column \"{name}\": {why}"))
        });
        rows.push(row.collect::<Result<Row, String>>()?);
    }
    Ok(rows)
}

/// Whether values of a column may be ones of ours; whether each is, shows later.
fn fits(given: &ColumnDescriptor, wanted: Type) -> bool {
    use ConvertedType as Converted;
    let is_number = matches!(given.physical_type(), Physical::INT32 | Physical::INT64)
        && matches!(
            given.converted_type(),
            Converted::NONE
                | Converted::INT_8
                | Converted::INT_16
                | Converted::INT_32
                | Converted::INT_64
                | Converted::UINT_8
                | Converted::UINT_16
                | Converted::UINT_32
                | Converted::UINT_64
        )
        && !is_nanoseconds(given);
    let is_decimal = given.converted_type() == Converted::DECIMAL;
    match wanted {
        Type::Bool => given.physical_type() == Physical::BOOLEAN,
        Type::Int => is_number || is_decimal,
        Type::Float => {
            let is_float = matches!(given.physical_type(), Physical::FLOAT | Physical::DOUBLE);
            is_number || is_decimal || is_float
        }
        Type::Text => {
            let is_text = [Converted::UTF8, Converted::ENUM, Converted::JSON];
            is_text.contains(&given.converted_type())
        }
        Type::Date => given.converted_type() == Converted::DATE,
        Type::Time => {
            let is_time = [Converted::TIMESTAMP_MILLIS, Converted::TIMESTAMP_MICROS];
            is_time.contains(&given.converted_type())
                || is_nanoseconds(given)
                || given.physical_type() == Physical::INT96
        }
        Type::Duration => false,
    }
}

/// A type of time that the format's older readers take for a number.
fn is_nanoseconds(given: &ColumnDescriptor) -> bool {
    let logical = given.logical_type_ref();
    matches!(logical, Some(LogicalType::Timestamp(time)) if time.unit == TimeUnit::NANOS)
}

fn describe(given: &ColumnDescriptor) -> String {
    match given.converted_type() {
        ConvertedType::NONE => given.physical_type().to_string(),
        converted => converted.to_string(),
    }
}

fn value(field: &Field, wanted: Type, is_fine: bool) -> Result<Value, String> {
    let cell = |text: &str| parse_cell(text, wanted).map_err(|mistake| mistake.to_string());
    let shown = || format!("{field} is not {wanted}");
    let time = |micros: Option<i64>| {
        let time = micros.and_then(Timestamp::from_micros).map(Value::Time);
        time.ok_or_else(shown)
    };
    match field {
        Field::Bool(value) => Ok(Value::Bool(*value)),
        Field::Long(nanos) if is_fine => time((nanos % 1_000 == 0).then_some(nanos / 1_000)),
        Field::TimestampMillis(millis) => time(millis.checked_mul(1_000)),
        Field::TimestampMicros(micros) => time(Some(*micros)),
        Field::Date(days) => Date::from_days(i64::from(*days)).map(Value::Date).ok_or_else(shown),
        Field::Str(text) => Ok(Value::text(text.as_str())),
        Field::Float(number) => Float::new(f64::from(*number)).map(Value::Float).ok_or_else(shown),
        Field::Double(number) => Float::new(*number).map(Value::Float).ok_or_else(shown),
        // What has no fraction but zeros is whole.
        Field::Decimal(_) => match (wanted, field.to_string().split_once('.')) {
            (Type::Int, Some((whole, zeros))) if zeros.bytes().all(|digit| digit == b'0') => {
                cell(whole)
            }
            _ => cell(&field.to_string()),
        },
        number => cell(&number.to_string()),
    }
}
