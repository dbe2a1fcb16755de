//! Reading floating-point members. With numbers of any length, JSON hands a number to types that are
//! chosen by a tag as its text; every `f64` of a type that is read from JSON goes through here
//! (`tests/it/architecture.rs` looks that none is left out).

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use std::fmt;

struct Float(f64);

impl<'de> Deserialize<'de> for Float {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Number;
        impl<'de> Visitor<'de> for Number {
            type Value = Float;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("f64")
            }

            fn visit_f64<E: Error>(self, value: f64) -> Result<Float, E> {
                Ok(Float(value))
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<Float, E> {
                Ok(Float(value as f64))
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<Float, E> {
                Ok(Float(value as f64))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Float, A::Error> {
                let number = serde_json::Number::deserialize(MapAccessDeserializer::new(map))?;
                let value = number.as_f64();
                value
                    .map(Float)
                    .ok_or_else(|| A::Error::custom(format_args!("{number} is out of range")))
            }
        }
        deserializer.deserialize_any(Number)
    }
}

/// A number.
pub fn one<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Float::deserialize(deserializer)?.0)
}

/// A number, or nothing.
pub fn option<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    Ok(Option::<Float>::deserialize(deserializer)?.map(|float| float.0))
}

/// A list of numbers.
pub fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
    let floats = Vec::<Float>::deserialize(deserializer)?;
    Ok(floats.into_iter().map(|float| float.0).collect())
}

/// A list of counts, each with a number.
pub fn pairs<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<(u64, f64)>, D::Error> {
    let pairs = Vec::<(u64, Float)>::deserialize(deserializer)?;
    Ok(pairs.into_iter().map(|(at, float)| (at, float.0)).collect())
}
