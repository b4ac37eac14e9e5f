//! A hash that is the same in every run, on every machine and in every version, so that rules
//! may cut work into shares by it.
//!
//! 64-bit FNV-1a (Fowler, Noll, Vo; RFC 9923) over each value's tag and bytes, mixed at the end
//! by MurmurHash3's `fmix64` (Appleby) so that the low bits are good too. The sign bit is
//! dropped, so that `hash(x) % n` is a share from 0 to n - 1.

use crate::model::Value;

/// A share of all values between 0 and 2^63 - 1.
pub fn stable_hash(values: &[Value]) -> i64 {
    let mut state = Fnv(0xcbf2_9ce4_8422_2325);
    for value in values {
        state.write_value(value);
    }
    let mut mixed = state.0;
    mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    mixed ^= mixed >> 33;
    i64::try_from(mixed >> 1).expect("63 bits fit")
}

struct Fnv(u64);

impl Fnv {
    /// A tag for the type, then the bytes; text is preceded by its length, so that texts side by
    /// side do not run together. Never change this: people keep the results.
    fn write_value(&mut self, value: &Value) {
        match value {
            Value::Bool(value) => self.write(0, &[u8::from(*value)]),
            Value::Int(value) => self.write(1, &value.to_le_bytes()),
            Value::Float(value) => self.write(2, &value.get().to_bits().to_le_bytes()),
            Value::Text(text) => {
                let length = u64::try_from(text.len()).expect("memory is smaller");
                self.write(3, &length.to_le_bytes());
                self.write_bytes(text.as_bytes());
            }
            Value::Date(date) => self.write(4, &date.days().to_le_bytes()),
            Value::Time(time) => self.write(5, &time.micros().to_le_bytes()),
            Value::Duration(duration) => self.write(6, &duration.micros().to_le_bytes()),
        }
    }

    fn write(&mut self, tag: u8, bytes: &[u8]) {
        self.write_bytes(&[tag]);
        self.write_bytes(bytes);
    }

    fn write_bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}
