//! Sums of floats that do not depend on order or history: a fixed-point accumulator wide enough
//! for every finite float holds the sum exactly, and it is rounded once, at the end. This is
//! Kulisch's long accumulator (U. Kulisch, "Computer Arithmetic and Validity", 2008, chapter 8;
//! see also R. Neal, "Fast exact summation using small and large superaccumulators", 2015).

use super::{Float, NoValue};

/// The weight of the lowest bit is 2^-1074, that of the least float above zero.
const UNIT_EXPONENT: u32 = 1074;

/// A float's bits lie below 2^(1024+1074) units. Beside them there is room for a sign and for
/// 77 bits of growth: 2^64 rows and more.
const LIMBS: usize = 34;

/// An exact sum of floats or ints, each with a multiplicity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExactSum {
    /// Two's complement, lowest limb first, in units of 2^-1074.
    limbs: [u64; LIMBS],
}

impl ExactSum {
    /// The sum of nothing.
    pub fn new() -> ExactSum {
        ExactSum { limbs: [0; LIMBS] }
    }

    /// Adds the value so many times; a negative multiplicity takes it away.
    pub fn add(&mut self, value: Float, multiplicity: i64) {
        let bits = value.get().to_bits();
        let exponent = u32::try_from((bits >> 52) & 0x7ff).expect("11 bits");
        let fraction = i128::from(bits & ((1 << 52) - 1));
        let (mantissa, shift) = match exponent {
            0 => (fraction, 0),
            _ => (fraction | (1 << 52), exponent - 1),
        };
        let signed = if value.get() < 0.0 { -mantissa } else { mantissa };
        self.add_shifted(signed * i128::from(multiplicity), shift);
    }

    /// Adds the value so many times; a negative multiplicity takes it away.
    pub fn add_int(&mut self, value: i64, multiplicity: i64) {
        self.add_shifted(i128::from(value) * i128::from(multiplicity), UNIT_EXPONENT);
    }

    /// The sum, rounded to the nearest float, ties to even.
    ///
    /// # Errors
    /// [`NoValue::Overflow`] where the sum is past the greatest float.
    pub fn sum(&self) -> Result<Float, NoValue> {
        self.mean(1)
    }

    /// The sum divided by a count, rounded once to the nearest float, ties to even.
    ///
    /// # Errors
    /// [`NoValue::Overflow`] where the mean is past the greatest float,
    /// [`NoValue::DivisionByZero`] where the count is zero.
    pub fn mean(&self, count: u64) -> Result<Float, NoValue> {
        if count == 0 {
            return Err(NoValue::DivisionByZero);
        }
        let negative = self.limbs[LIMBS - 1] >> 63 == 1;
        // One limb below the unit, and whether anything is left below that.
        let mut digits = [0; LIMBS + 1];
        digits[1..].copy_from_slice(&self.limbs);
        if negative {
            negate(&mut digits);
        }
        let rest = divide(&mut digits, count);
        let magnitude = round(&digits, rest != 0);
        let value = if negative { -magnitude } else { magnitude };
        Float::new(value).ok_or(NoValue::Overflow)
    }

    /// Adds `value` × 2^`shift` units.
    fn add_shifted(&mut self, value: i128, shift: u32) {
        let first = shift as usize / 64;
        let within = shift % 64;
        // The value's bits, shifted within three limbs, its sign repeated above.
        let low = value << within;
        let high = if within == 0 { value >> 127 } else { value >> (128 - within) };
        let sign = limb(value >> 127);
        let mut carry = false;
        for (offset, target) in self.limbs[first..].iter_mut().enumerate() {
            let part = match offset {
                0 => limb(low),
                1 => limb(low >> 64),
                2 => limb(high),
                _ if carry == (sign != 0) => break,
                _ => sign,
            };
            let (partial, carry_left) = target.overflowing_add(part);
            let (total, carry_right) = partial.overflowing_add(u64::from(carry));
            *target = total;
            carry = carry_left || carry_right;
        }
    }
}

impl Default for ExactSum {
    fn default() -> ExactSum {
        ExactSum::new()
    }
}

/// The lowest 64 bits.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cut of bits")]
fn limb(value: i128) -> u64 {
    value as u64
}

fn negate(digits: &mut [u64]) {
    let mut carry = true;
    for digit in digits {
        (*digit, carry) = (!*digit).overflowing_add(u64::from(carry));
    }
}

/// Long division from the top; gives the remainder.
fn divide(digits: &mut [u64], divisor: u64) -> u64 {
    let divisor = u128::from(divisor);
    let mut rest = 0;
    for digit in digits.iter_mut().rev() {
        let part = (rest << 64) | u128::from(*digit);
        *digit = u64::try_from(part / divisor).expect("the rest is less than the divisor");
        rest = part % divisor;
    }
    u64::try_from(rest).expect("less than the divisor")
}

/// The nearest float of a magnitude in units of 2^-1138, with something below that or not.
fn round(digits: &[u64; LIMBS + 1], mut sticky: bool) -> f64 {
    let Some(top) = digits.iter().rposition(|digit| *digit != 0) else { return 0.0 };
    let length = top * 64 + 64 - digits[top].leading_zeros() as usize;
    // 53 bits are kept, and none below the least float's.
    let cut = length.saturating_sub(53).max(64);
    let bit = |at: usize| (digits[at / 64] >> (at % 64)) & 1 == 1;
    let mut mantissa: u64 = 0;
    for at in (cut..length.max(cut)).rev() {
        mantissa = (mantissa << 1) | u64::from(bit(at));
    }
    sticky |= digits[..(cut - 1) / 64].iter().any(|digit| *digit != 0);
    sticky |= digits[(cut - 1) / 64] & ((1 << ((cut - 1) % 64)) - 1) != 0;
    if bit(cut - 1) && (sticky || mantissa & 1 == 1) {
        mantissa += 1;
    }
    // A mantissa that was rounded up to 2^53 carries into the exponent by itself.
    let exponent = (cut - 64) as u64;
    let bits = (exponent << 52) + mantissa;
    if bits >= f64::INFINITY.to_bits() { f64::INFINITY } else { f64::from_bits(bits) }
}

#[cfg(test)]
mod tests {
    use super::ExactSum;
    use crate::model::{Float, NoValue};

    fn sum(values: &[f64]) -> Result<f64, NoValue> {
        collect(values).sum().map(Float::get)
    }

    fn collect(values: &[f64]) -> ExactSum {
        let mut sum = ExactSum::new();
        for value in values {
            sum.add(Float::new(*value).expect("finite"), 1);
        }
        sum
    }

    #[test]
    fn one_value_is_itself() {
        let mut random = fastrand::Rng::with_seed(1);
        for _ in 0..10_000 {
            let value = f64::from_bits(random.u64(..));
            if value.is_finite() {
                assert_eq!(sum(&[value]), Ok(value + 0.0), "{value:e}");
            }
        }
        let edges = [f64::MIN_POSITIVE, f64::MAX, f64::MIN, 5e-324, -5e-324, 0.0];
        edges.iter().for_each(|value| assert_eq!(sum(&[*value]), Ok(*value)));
    }

    #[test]
    fn two_values_round_as_the_machine_does() {
        let mut random = fastrand::Rng::with_seed(2);
        for _ in 0..10_000 {
            let a = f64::from_bits(random.u64(..));
            let b = a * (random.f64() - 0.5) * 2f64.powi(random.i32(-60..60));
            if (a + b).is_finite() && b.is_finite() {
                assert_eq!(sum(&[a, b]), Ok(a + b + 0.0), "{a:e} {b:e}");
            }
        }
    }

    #[test]
    fn order_and_history_do_not_matter() {
        let mut random = fastrand::Rng::with_seed(3);
        let mut values: Vec<f64> =
            (0..100).map(|_| (random.f64() - 0.5) * 2f64.powi(random.i32(-300..300))).collect();
        let before = collect(&values);
        random.shuffle(&mut values);
        let mut after = collect(&values);
        assert_eq!(before, after);
        let extra = Float::new(1e300).expect("finite");
        after.add(extra, 7);
        after.add(extra, -7);
        assert_eq!(before, after);
    }

    #[test]
    fn cancellation_loses_nothing() {
        assert_eq!(sum(&[1e308, 1e308, -1e308, -1e308, 1e-300]), Ok(1e-300));
        assert_eq!(sum(&[0.1; 10]), Ok(1.0));
        assert_eq!(sum(&[1e308, 1e308]), Err(NoValue::Overflow));
        assert_eq!(sum(&[f64::MAX, 1e291]), Ok(f64::MAX));
        assert_eq!(collect(&[1e308, 1e308]).mean(2).map(Float::get), Ok(1e308));
    }

    #[test]
    fn means_are_rounded_once() {
        let mean = |values: &[f64], count| collect(values).mean(count).map(Float::get);
        assert_eq!(mean(&[1.0], 3), Ok(1.0 / 3.0));
        assert_eq!(mean(&[-2.0], 3), Ok(-2.0 / 3.0));
        assert_eq!(mean(&[5e-324], 2), Ok(0.0));
        assert_eq!(mean(&[1e-323, 5e-324], 2), Ok(1e-323));
        assert_eq!(mean(&[1.0], 0), Err(NoValue::DivisionByZero));
        let mut random = fastrand::Rng::with_seed(4);
        for _ in 0..10_000 {
            let value = f64::from_bits(random.u64(..));
            let bits = random.u32(1..53);
            let count = random.u64(1..1 << bits);
            #[expect(clippy::cast_precision_loss, reason = "below 2^53")]
            let expected = value / count as f64;
            if value.is_finite() {
                assert_eq!(mean(&[value], count), Ok(expected + 0.0), "{value:e} / {count}");
            }
        }
    }

    #[test]
    fn ints_are_exact_beyond_64_bits() {
        let mut sum = ExactSum::new();
        sum.add_int(i64::MAX, i64::MAX);
        sum.add_int(i64::MAX, -i64::MAX);
        sum.add_int(i64::MIN, 3);
        sum.add_int(1, 1);
        assert_eq!(sum.sum().map(Float::get), Ok(-27_670_116_110_564_327_424.0));
        assert_eq!(sum.mean(3).map(Float::get), Ok(-9_223_372_036_854_775_808.0));
    }
}
