//! Objects from JSON values, as lax and as strict as the API server's own decoder.
//!
//! This is the only deserializer that the types of `k8s-openapi` are read with: every further one would add all of
//! them to the page again. It differs from serde_json's in what people need to be told: it knows the path, the type
//! that holds a field and the names of its siblings, takes `null` for an empty value as Go does, and goes on after a
//! value of a wrong type, so that one reading tells everything that is wrong.

use std::cell::RefCell;

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::never::Never;
use super::path::{Path, Segment};
use go::{is_quantity, is_time};

mod go;

/// One thing that the decoder has to say about a value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// The value.
    pub path: Path,
    /// What is odd about it.
    pub what: Oddity,
}

/// What is odd about a value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Oddity {
    /// The type that holds the field has none of this name. The value is left out.
    UnknownField {
        /// The fields that it has.
        siblings: &'static [&'static str],
    },
    /// The value can not be read as what the field wants; the API server refuses such an object.
    Refused {
        /// In the API server's words.
        message: String,
        /// What would be taken; empty when the message says it all.
        wanted: &'static str,
    },
}

/// Reads a value as `T`, and what was odd about it in the order of the document. The object is whole only if no finding
/// is [`Oddity::Refused`].
///
/// Models staging/src/k8s.io/apimachinery/pkg/runtime/serializer/json/json.go Decode with strict decoding.
pub fn decode<T: DeserializeOwned>(value: &Value) -> (T, Vec<Finding>) {
    let context = Context::default();
    let Ok(object) = T::deserialize(Decode { value, context: &context });
    (object, context.0.into_inner().findings)
}

#[derive(Default)]
struct Context<'v>(RefCell<State<'v>>);

#[derive(Default)]
struct State<'v> {
    steps: Vec<Step<'v>>,
    findings: Vec<Finding>,
}

#[derive(Clone, Copy)]
enum Step<'v> {
    /// A field of the type that is named first.
    Field(&'static str, &'v str),
    Key(&'v str),
    Index(usize),
}

impl State<'_> {
    fn path(&self) -> Path {
        Path(
            self.steps
                .iter()
                .map(|step| match step {
                    Step::Field(_, name) | Step::Key(name) => Segment::Field((*name).to_owned()),
                    Step::Index(index) => Segment::Index(u32::try_from(*index).unwrap_or(u32::MAX)),
                })
                .collect(),
        )
    }

    /// Models UnmarshalTypeError.Error of sigs.k8s.io/json: the type that holds the innermost field, the names of the
    /// fields from the top, without keys and indexes, and the wanted Go type.
    fn refuse_type(&mut self, found: &str, go_type: &str, wanted: &'static str) {
        let mut holder = None;
        let mut fields = String::new();
        for step in &self.steps {
            if let Step::Field(name, field) = step {
                holder = Some((*name, *field));
                if !fields.is_empty() {
                    fields.push('.');
                }
                fields.push_str(field);
            }
        }
        let message = match holder {
            None => format!("json: cannot unmarshal {found} into Go value of type {go_type}"),
            Some((name, field)) => {
                let in_field = matches!(self.steps.last(), Some(Step::Field(..)));
                let named =
                    if in_field && go_type == "string" { go::named_string(name, field) } else { None };
                let go_type = named.unwrap_or(go_type);
                format!(
                    "json: cannot unmarshal {found} into Go struct field {name}.{fields} of type {go_type}"
                )
            }
        };
        self.refuse(message, wanted);
    }

    fn refuse(&mut self, message: String, wanted: &'static str) {
        let path = self.path();
        self.findings.push(Finding { path, what: Oddity::Refused { message, wanted } });
    }
}

/// One value to be read.
#[derive(Clone, Copy)]
struct Decode<'v, 'c> {
    value: &'v Value,
    context: &'c Context<'v>,
}

const WHOLE_NUMBER: &str = "Write a whole number, without quotes.";
/// What to do about a number where a string is wanted.
pub const STRING: &str = "Write it in quotes.";
/// What to do about a boolean where a string is wanted.
pub const STRING_NOT_BOOLEAN: &str = "Write it in quotes: YAML takes this word for true or false.";
/// What to do about a list or map where a string is wanted.
pub const STRING_WANTED: &str = "Write a string.";
const BOOLEAN: &str = "Write true or false, without quotes.";
const LIST: &str = "Write a list: each item on a line of its own that starts with \"- \".";
const MAP: &str = "Write keys and values: lines of the form \"key: value\", indented below this one.";

impl<'v, 'c> Decode<'v, 'c> {
    /// Notes a value of a wrong type.
    fn refuse(self, go_type: &str, wanted: &'static str) {
        let found = match self.value {
            Value::Null => "null".to_owned(),
            Value::Bool(_) => "bool".to_owned(),
            Value::Number(number) if wanted == WHOLE_NUMBER => format!("number {number}"),
            Value::Number(_) => "number".to_owned(),
            Value::String(_) => "string".to_owned(),
            Value::Array(_) => "array".to_owned(),
            Value::Object(_) => "object".to_owned(),
        };
        self.context.0.borrow_mut().refuse_type(&found, go_type, wanted);
    }

    /// An integer of the named Go type; 0 after null and after a value of another type.
    fn integer<T: TryFrom<i64> + TryFrom<u64> + Default>(self, go_type: &str) -> T {
        let number = match self.value {
            Value::Number(number) => match (number.as_i64(), number.as_u64()) {
                (Some(signed), _) => T::try_from(signed).ok(),
                (None, Some(unsigned)) => T::try_from(unsigned).ok(),
                (None, None) => None,
            },
            Value::Null => return T::default(),
            _ => None,
        };
        number.unwrap_or_else(|| {
            self.refuse(go_type, WHOLE_NUMBER);
            T::default()
        })
    }

    /// The items of a list of this Rust type; none after a value that is no list.
    #[inline(never)]
    fn items(self, rust_type: &str) -> Items<'v, 'c> {
        let items: &[Value] = match self.value {
            Value::Array(items) => items,
            Value::Null => &[],
            _ => {
                self.refuse(&go::type_name(rust_type), LIST);
                &[]
            }
        };
        Items { items: items.iter().enumerate(), of: self }
    }

    /// The entries of a map of this Rust type; none after a value that is no map.
    #[inline(never)]
    fn entries(self, rust_type: &str) -> Fields<'v, 'c> {
        match self.value {
            Value::Object(map) => return Fields::keys(map, self),
            Value::Null => {}
            _ => self.refuse(&go::type_name(rust_type), MAP),
        }
        Fields::none(self)
    }

    /// The fields of a type; none after a value that is no object.
    #[inline(never)]
    fn fields(self, name: &'static str, fields: &'static [&'static str]) -> Fields<'v, 'c> {
        let found = match self.value {
            Value::Object(map) => {
                let missing = required(name).filter(|field| !map.contains_key(*field));
                return Fields { known: Some((name, fields)), missing, ..Fields::keys(map, self) };
            }
            Value::Null => Fields::none(self),
            _ => {
                self.refuse(&format!("v1.{name}"), MAP);
                Fields::none(self)
            }
        };
        Fields { missing: required(name), ..found }
    }

    /// Reads a value below this one.
    fn below<T>(
        self,
        step: Step<'v>,
        value: &'v Value,
        read: impl FnOnce(Self) -> Result<T, Never>,
    ) -> Result<T, Never> {
        self.context.enter(step);
        let result = read(Decode { value, context: self.context });
        self.context.leave();
        result
    }
}

impl<'v> Context<'v> {
    #[inline(never)]
    fn enter(&self, step: Step<'v>) {
        self.0.borrow_mut().steps.push(step);
    }

    #[inline(never)]
    fn leave(&self) {
        self.0.borrow_mut().steps.pop();
    }
}

macro_rules! integers {
    ($($method:ident $visit:ident $go_type:literal,)*) => {
        $(
            fn $method<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, Never> {
                visitor.$visit(self.integer($go_type))
            }
        )*
    };
}

impl<'v> Deserializer<'v> for Decode<'v, '_> {
    type Error = Never;

    fn deserialize_any<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, Never> {
        if go::is_int_or_string(std::any::type_name::<V::Value>()) {
            return match self.value {
                Value::String(text) => visitor.visit_borrowed_str(text),
                _ => visitor.visit_i64(self.integer::<i32>("int32").into()),
            };
        }
        match self.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Number(number) => match (number.as_i64(), number.as_u64()) {
                (Some(signed), _) => visitor.visit_i64(signed),
                (None, Some(unsigned)) => visitor.visit_u64(unsigned),
                (None, None) => visitor.visit_f64(number.as_f64().unwrap_or(0.0)),
            },
            Value::Array(items) => visitor.visit_seq(Items { items: items.iter().enumerate(), of: self }),
            Value::Object(map) => visitor.visit_map(Fields::keys(map, self)),
        }
    }

    fn deserialize_option<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, Never> {
        match self.value {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_bool<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, Never> {
        match self.value {
            Value::Bool(value) => return visitor.visit_bool(*value),
            Value::Null => {}
            _ => self.refuse("bool", BOOLEAN),
        }
        visitor.visit_bool(false)
    }

    integers! {
        deserialize_i8 visit_i8 "int8",
        deserialize_i16 visit_i16 "int16",
        deserialize_i32 visit_i32 "int32",
        deserialize_i64 visit_i64 "int64",
        deserialize_u8 visit_u8 "uint8",
        deserialize_u16 visit_u16 "uint16",
        deserialize_u32 visit_u32 "uint32",
        deserialize_u64 visit_u64 "uint64",
    }

    fn deserialize_f64<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, Never> {
        match self.value {
            Value::Number(number) => return visitor.visit_f64(number.as_f64().unwrap_or(0.0)),
            Value::Null => {}
            _ => self.refuse("float64", "Write a number, without quotes."),
        }
        visitor.visit_f64(0.0)
    }

    fn deserialize_f32<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, Never> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_str<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, Never> {
        match self.value {
            Value::String(text) => return visitor.visit_borrowed_str(text),
            Value::Null => {}
            Value::Number(_) => self.refuse("string", STRING),
            Value::Bool(_) => self.refuse("string", STRING_NOT_BOOLEAN),
            _ => self.refuse("string", STRING_WANTED),
        }
        visitor.visit_borrowed_str("")
    }

    fn deserialize_string<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, Never> {
        self.deserialize_str(visitor)
    }

    fn deserialize_seq<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, Never> {
        visitor.visit_seq(self.items(std::any::type_name::<V::Value>()))
    }

    fn deserialize_map<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, Never> {
        visitor.visit_map(self.entries(std::any::type_name::<V::Value>()))
    }

    fn deserialize_struct<V: Visitor<'v>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Never> {
        visitor.visit_map(self.fields(name, fields))
    }

    /// The types that check their text themselves: it is checked before, so that reading goes on after a bad one.
    fn deserialize_newtype_struct<V: Visitor<'v>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Never> {
        match (name, self.value) {
            ("Quantity", Value::String(text)) if is_quantity(text.trim()) => {}
            ("Quantity", Value::Number(number)) if is_quantity(&number.to_string()) => {}
            ("Quantity", value) => {
                if !value.is_null() {
                    self.context.0.borrow_mut().refuse(go::BAD_QUANTITY.to_owned(), go::QUANTITY);
                }
                return visitor.visit_newtype_struct(BorrowedStrDeserializer::new("0"));
            }
            ("Time" | "MicroTime", Value::String(text)) if is_time(text) => {}
            ("Time" | "MicroTime", value) => {
                match value {
                    Value::String(text) => {
                        self.context.0.borrow_mut().refuse(go::bad_time(text), go::TIME);
                    }
                    Value::Null => {}
                    _ => self.refuse("string", STRING),
                }
                return visitor.visit_newtype_struct(BorrowedStrDeserializer::new("1970-01-01T00:00:00Z"));
            }
            _ => {}
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_ignored_any<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, Never> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        <V: Visitor<'v>> char bytes byte_buf unit unit_struct tuple tuple_struct enum identifier
    }
}

/// The items of a list.
struct Items<'v, 'c> {
    items: std::iter::Enumerate<std::slice::Iter<'v, Value>>,
    of: Decode<'v, 'c>,
}

impl<'v> SeqAccess<'v> for Items<'v, '_> {
    type Error = Never;

    fn next_element_seed<T: DeserializeSeed<'v>>(&mut self, seed: T) -> Result<Option<T::Value>, Never> {
        let Some((index, value)) = self.items.next() else { return Ok(None) };
        self.of.below(Step::Index(index), value, |item| seed.deserialize(item)).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

/// The fields of an object, or the entries of a map.
struct Fields<'v, 'c> {
    entries: Option<serde_json::map::Iter<'v>>,
    /// The type that holds the fields and the names that it knows; `None` for a map, whose keys are free.
    known: Option<(&'static str, &'static [&'static str])>,
    /// A field that is still to be told of, without a value.
    missing: Option<&'static str>,
    next: Option<(&'v str, &'v Value)>,
    of: Decode<'v, 'c>,
}

impl<'v, 'c> Fields<'v, 'c> {
    fn none(of: Decode<'v, 'c>) -> Self {
        Fields { entries: None, known: None, missing: None, next: None, of }
    }

    fn keys(map: &'v Map<String, Value>, of: Decode<'v, 'c>) -> Self {
        Fields { entries: Some(map.iter()), ..Fields::none(of) }
    }

    /// Goes on to the next entry that the type knows; gives its key.
    #[inline(never)]
    fn advance(&mut self) -> Option<&'v str> {
        while let Some((key, value)) = self.entries.as_mut().and_then(Iterator::next) {
            if let Some((name, siblings)) = self.known {
                if !siblings.contains(&key.as_str()) {
                    let mut state = self.of.context.0.borrow_mut();
                    state.steps.push(Step::Field(name, key));
                    let path = state.path();
                    state.findings.push(Finding { path, what: Oddity::UnknownField { siblings } });
                    state.steps.pop();
                    continue;
                }
                if is_type_of_object(key, siblings) {
                    continue;
                }
            }
            self.next = Some((key, value));
            return Some(key);
        }
        let missing = self.missing.take();
        self.next = missing.map(|key| (key, &NULL));
        missing
    }

    /// The entry that [`Fields::advance`] went on to.
    #[inline(never)]
    fn take(&mut self) -> (Step<'v>, &'v Value) {
        let (key, value) = self.next.take().unwrap_or(("", &NULL));
        let step = match self.known {
            Some((name, _)) => Step::Field(name, key),
            None => Step::Key(key),
        };
        (step, value)
    }
}

/// Whether the key says of what type the object is. Who reads it knows already, and nobody compares the words of an object
/// inside another, such as a claim template, with anything.
fn is_type_of_object(key: &str, siblings: &[&str]) -> bool {
    matches!(key, "apiVersion" | "kind") && siblings.contains(&"metadata")
}

/// What stands for a value that is not there.
static NULL: Value = Value::Null;

/// The field that a type does without in no case, where Go takes an empty value for one that is missing.
fn required(name: &str) -> Option<&'static str> {
    (name == "Condition").then_some("lastTransitionTime")
}

impl<'v> MapAccess<'v> for Fields<'v, '_> {
    type Error = Never;

    fn next_key_seed<K: DeserializeSeed<'v>>(&mut self, seed: K) -> Result<Option<K::Value>, Never> {
        match self.advance() {
            Some(key) => seed.deserialize(BorrowedStrDeserializer::new(key)).map(Some),
            None => Ok(None),
        }
    }

    fn next_value_seed<T: DeserializeSeed<'v>>(&mut self, seed: T) -> Result<T::Value, Never> {
        let (step, value) = self.take();
        self.of.below(step, value, |field| seed.deserialize(field))
    }
}

#[cfg(test)]
mod tests;
