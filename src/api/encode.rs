//! Objects to JSON values, as the API server shows them: the other direction of [`super::decode`].
//!
//! This is the only serializer that the types of `k8s-openapi` are written with: every further one would add all of
//! them to the page again. It can not fail: every key of a map in them is a string, and every number is finite.

use serde::Serialize;
use serde::ser::{Impossible, SerializeMap, SerializeSeq, SerializeStruct, Serializer};
use serde_json::{Map, Value};

use super::never::Never;

/// The object as a JSON value, with the fields in the order of the type.
pub fn encode<T: Serialize>(object: &T) -> Value {
    let Ok(value) = object.serialize(Encode);
    value
}

#[derive(Clone, Copy)]
struct Encode;

/// The items of a list so far.
struct Items(Vec<Value>);

/// The fields or entries of an object so far, and the key whose value comes next.
struct Fields {
    map: Map<String, Value>,
    key: String,
}

impl Fields {
    fn with_room(len: usize) -> Fields {
        Fields { map: Map::with_capacity(len), key: String::new() }
    }

    #[inline(never)]
    fn put(&mut self, key: &str, value: Value) {
        self.map.insert(key.to_owned(), value);
    }
}

type No = Impossible<Value, Never>;

/// No type of the API has a field of this form.
fn no_field(form: &str) -> Result<No, Never> {
    unreachable!("{form} in a type of the API")
}

impl Serializer for Encode {
    type Ok = Value;
    type Error = Never;
    type SerializeSeq = Items;
    type SerializeTuple = No;
    type SerializeTupleStruct = No;
    type SerializeTupleVariant = No;
    type SerializeMap = Fields;
    type SerializeStruct = Fields;
    type SerializeStructVariant = No;

    fn serialize_bool(self, value: bool) -> Result<Value, Never> {
        Ok(Value::Bool(value))
    }

    fn serialize_i8(self, value: i8) -> Result<Value, Never> {
        self.serialize_i64(value.into())
    }

    fn serialize_i16(self, value: i16) -> Result<Value, Never> {
        self.serialize_i64(value.into())
    }

    fn serialize_i32(self, value: i32) -> Result<Value, Never> {
        self.serialize_i64(value.into())
    }

    fn serialize_i64(self, value: i64) -> Result<Value, Never> {
        Ok(value.into())
    }

    fn serialize_u8(self, value: u8) -> Result<Value, Never> {
        self.serialize_u64(value.into())
    }

    fn serialize_u16(self, value: u16) -> Result<Value, Never> {
        self.serialize_u64(value.into())
    }

    fn serialize_u32(self, value: u32) -> Result<Value, Never> {
        self.serialize_u64(value.into())
    }

    fn serialize_u64(self, value: u64) -> Result<Value, Never> {
        Ok(value.into())
    }

    fn serialize_f32(self, value: f32) -> Result<Value, Never> {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Result<Value, Never> {
        Ok(value.into())
    }

    fn serialize_char(self, value: char) -> Result<Value, Never> {
        Ok(Value::String(value.to_string()))
    }

    #[inline(never)]
    fn serialize_str(self, value: &str) -> Result<Value, Never> {
        Ok(Value::String(value.to_owned()))
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<Value, Never> {
        Ok(value.into())
    }

    fn serialize_none(self) -> Result<Value, Never> {
        Ok(Value::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Value, Never> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Value, Never> {
        Ok(Value::Null)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Value, Never> {
        Ok(Value::Null)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<Value, Never> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Value, Never> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Value, Never> {
        let mut fields = Fields::with_room(1);
        fields.put(variant, encode(&value));
        Ok(Value::Object(fields.map))
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Items, Never> {
        Ok(Items(Vec::with_capacity(len.unwrap_or(0))))
    }

    fn serialize_tuple(self, _: usize) -> Result<No, Never> {
        no_field("a tuple")
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<No, Never> {
        no_field("a tuple")
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<No, Never> {
        no_field("a tuple")
    }

    fn serialize_map(self, len: Option<usize>) -> Result<Fields, Never> {
        Ok(Fields::with_room(len.unwrap_or(0)))
    }

    fn serialize_struct(self, _: &'static str, len: usize) -> Result<Fields, Never> {
        Ok(Fields::with_room(len))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<No, Never> {
        no_field("a variant with fields")
    }
}

impl SerializeSeq for Items {
    type Ok = Value;
    type Error = Never;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Never> {
        self.0.push(encode(&value));
        Ok(())
    }

    fn end(self) -> Result<Value, Never> {
        Ok(Value::Array(self.0))
    }
}

impl SerializeMap for Fields {
    type Ok = Value;
    type Error = Never;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Never> {
        if let Value::String(key) = encode(&key) {
            self.key = key;
        }
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Never> {
        let key = std::mem::take(&mut self.key);
        self.put(&key, encode(&value));
        Ok(())
    }

    fn end(self) -> Result<Value, Never> {
        Ok(Value::Object(self.map))
    }
}

impl SerializeStruct for Fields {
    type Ok = Value;
    type Error = Never;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Never> {
        self.put(name, encode(&value));
        Ok(())
    }

    fn end(self) -> Result<Value, Never> {
        Ok(Value::Object(self.map))
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::{Pod, Service};
    use serde_json::json;

    use super::*;
    use crate::api::decode::decode;

    fn check<T: Serialize + serde::de::DeserializeOwned>(value: &Value) {
        let (object, findings) = decode::<T>(value);
        assert!(findings.is_empty(), "{findings:?}");
        assert_eq!(&encode(&object), value);
        assert_eq!(
            serde_json::to_string(&object).unwrap(),
            encode(&object).to_string(),
            "and in the same order"
        );
    }

    #[test]
    fn what_was_read_is_written_again() {
        check::<Pod>(&json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "a", "creationTimestamp": "2026-01-31T12:00:00Z", "labels": {"a": "", "b": "1"}},
            "spec": {"containers": [{"name": "c", "resources": {"limits": {"cpu": "1"}}, "readinessProbe": {
                "httpGet": {"port": "http"}, "periodSeconds": 5}}], "hostNetwork": false},
            "status": {"conditions": [{"type": "Ready", "status": "True"}]},
        }));
        check::<Service>(&json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"managedFields": [{"fieldsV1": {"f:a": {"g": [1.5]}}}]},
            "spec": {"ports": [{"port": 80, "targetPort": 8080}, {"port": 81, "targetPort": "http"}]},
        }));
    }
}
