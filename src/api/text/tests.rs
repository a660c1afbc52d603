use super::*;
use crate::api::path::Segment;
use proptest::prelude::*;
use serde_json::json;

/// The `data` of an object whose `data:` lines are given.
fn data(lines: &str) -> Value {
    let mut text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n".to_owned();
    for line in lines.lines() {
        text.push_str(&format!("  {line}\n"));
    }
    let reading = read(&text, "default");
    assert_eq!(reading.problems, []);
    reading.documents[0].value["data"].clone()
}

/// The problems of a text: `line:column message`, or `line:column message -> hint` when a hint is asked for.
fn check(text: &str, expected: &[&str]) {
    let reading = read(text, "default");
    let found: Vec<String> = reading
        .problems
        .iter()
        .zip(0..)
        .map(|(problem, number)| {
            let place = problem.place.unwrap_or_default();
            let with_hint = expected.get(number).is_some_and(|expected: &&str| expected.contains(" -> "));
            let hint = if with_hint {
                format!(" -> {}", problem.hint.clone().unwrap_or_default())
            } else {
                String::new()
            };
            format!("{}:{} {}{hint}", place.line, place.column, problem.message)
        })
        .collect();
    assert_eq!(found, expected, "{text}");
}

fn names(text: &str) -> Vec<String> {
    read(text, "shop").documents.iter().map(|document| document.key.to_path()).collect()
}

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n";

#[test]
fn documents_are_read_in_order_with_their_keys() {
    let text = format!(
        "# two\n{POD}---\napiVersion: v1\nkind: Node\nmetadata: {{name: node, namespace: x}}\n---\n\n---\n\
         apiVersion: example.com/v1\nkind: Thing\nmetadata: {{name: t, namespace: other}}\n"
    );
    assert_eq!(names(&text), ["v1/Pod/shop/a", "v1/Node//node", "example.com/v1/Thing/other/t"]);
    check(&text, &[]);
}

#[test]
fn a_broken_document_does_not_stop_the_others() {
    let text = format!("{POD}---\na: [1\nb: 2\n---\n{POD}");
    assert_eq!(names(&text).len(), 2);
    assert_eq!(read(&text, "default").problems.len(), 1);
}

#[test]
fn the_order_of_keys_is_the_authors() {
    let text = "kind: Pod\nmetadata: {name: b, labels: {z: '1', a: '2'}}\napiVersion: v1\n";
    let value = &read(text, "default").documents[0].value;
    assert_eq!(
        value.to_string(),
        r#"{"kind":"Pod","metadata":{"name":"b","labels":{"z":"1","a":"2"}},"apiVersion":"v1"}"#
    );
}

#[test]
fn lists_are_taken_apart() {
    let list = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: a}\n\
                - apiVersion: v1\n  kind: Pod\n  metadata: {nam: b}\n";
    assert_eq!(names(list), ["v1/Pod/shop/a"]);
    check(list, &["9:3 resource name may not be empty"]);
    let typed = "apiVersion: v1\nkind: ServiceList\nmetadata: {}\nitems:\n- metadata: {name: a}\n- metadata: {name: b}\n";
    assert_eq!(names(typed), ["v1/Service/shop/a", "v1/Service/shop/b"]);
    assert_eq!(names("apiVersion: v1\nkind: PodList\nitems: null\n"), [""; 0]);
    check("apiVersion: v1\nkind: PodList\nitems: {}\n", &["3:8 the items of a PodList are not a list"]);
}

#[test]
fn json_is_read_with_tabs_pairs_of_escapes_and_several_objects() {
    let text = "{\n\t\"apiVersion\":\t\"v1\",\n\t\t\"kind\": \"ConfigMap\",\n\t\"metadata\": {\"name\": \"a\\/b\"},\n\
                \t\"data\": {\"face\": \"\\ud83d\\ude00\"}\n}\n{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"b\"}}";
    assert_eq!(names(text), ["v1/ConfigMap/shop/a/b", "v1/Pod/shop/b"]);
    assert_eq!(read(text, "shop").documents[0].value["data"]["face"], "😀");
}

#[test]
fn unquoted_words_mean_what_kubectl_takes_them_for() {
    let found = data(
        "a: yes\nb: off\nc: 010\nd: 1_0\ne: 2026-01-31\nf: 'no'\ng: !!str 5\nh: 1e3\non: x\n8080: y\ni:\nj: 12:30",
    );
    let expected = json!({
        "a": true, "b": false, "c": 8, "d": 10, "e": "2026-01-31", "f": "no", "g": "5", "h": 1000, "true": "x",
        "8080": true, "i": null, "j": "12:30",
    });
    assert_eq!(found, expected);
    assert_eq!(data("a: !!binary aGVsbG8="), json!({"a": "hello"}));
}

#[test]
fn anchors_and_merge_keys_work() {
    assert_eq!(
        data("a: &x {k: 1, l: 2}\nb: *x\nc: {<<: *x, l: 3}"),
        json!({
            "a": {"k": 1, "l": 2}, "b": {"k": 1, "l": 2}, "c": {"k": 1, "l": 3},
        })
    );
    assert_eq!(data("a: &x {k: 1}\nb: &y {k: 2, m: 4}\nc:\n  <<: [*x, *y]")["c"], json!({"k": 1, "m": 4}));
    // Of a later merge and an earlier key, the merge counts, as in go-yaml.
    assert_eq!(data("a: &x {k: 1}\nc: {k: 2, <<: *x}")["c"], json!({"k": 1}));
}

#[test]
fn yaml_errors_say_where_and_what() {
    check(
        &format!("{POD}  labels:\n    a: x\n    a: y\n"),
        &[
            "7:5 error converting YAML to JSON: yaml: unmarshal errors:\n  line 7: key \"a\" already set in map",
        ],
    );
    check(
        "a: b: c\n",
        &[
            "1:5 error converting YAML to JSON: yaml: line 1: mapping values are not allowed in this context -> \
         Check the indentation, and put values that hold \": \" in quotes.",
        ],
    );
    check(
        "a:\n\tb: 1\n",
        &[
            "2:2 error converting YAML to JSON: yaml: line 2: tabs disallowed within this context (block indentation) -> \
         Indent with spaces: YAML takes no tabs.",
        ],
    );
    check("a: .inf\n", &["1:4 error converting YAML to JSON: json: unsupported value: +Inf"]);
    check("a: !!int x\n", &["1:4 error converting YAML to JSON: yaml: cannot decode !!str `x` as a !!int"]);
    check("{a: 1}: b\n", &["1:1 error converting YAML to JSON: invalid map key: a map"]);
    check("~: b\n", &["1:1 error converting YAML to JSON: invalid map key: null"]);
    check(
        "<<: 1\n",
        &["1:1 error converting YAML to JSON: yaml: map merge requires map or sequence of maps as the value"],
    );
    check("a: &x [*x]\n", &["1:8 error converting YAML to JSON: yaml: anchor value contains itself"]);
}

#[test]
fn missing_type_and_name_are_worded_as_kubectl_words_them() {
    check("a: 1\n", &["1:1 error validating data: [apiVersion not set, kind not set]"]);
    check("kind: Pod\n", &["1:1 error validating data: apiVersion not set"]);
    check("apiVersion: v1\nkind: 5\n", &["2:7 error validating data: kind isn't string type"]);
    check(
        "apiVersion: v1\nkind: ''\n",
        &[r#"2:7 Object 'Kind' is missing in '{"apiVersion":"v1","kind":""}'"#],
    );
    check(
        "apiVersion: a/b/c\nkind: Pod\n",
        &["1:13 error validating data: unexpected GroupVersion string: a/b/c"],
    );
    check("- 1\n", &["1:1 error validating data: invalid object to validate"]);
    check("apiVersion: v1\nkind: Pod\n", &["1:1 resource name may not be empty"]);
    check(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  generateName: a-\n",
        &["3:1 from a-: cannot use generate name with apply"],
    );
    check(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: 5\n",
        &[
            "4:9 json: cannot unmarshal number into Go struct field ObjectMeta.metadata.name of type string -> Write it in quotes.",
        ],
    );
}

#[test]
fn unknown_fields_are_warnings_with_a_suggestion() {
    let text = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  selectors: {app: web}\n  ports:\n  - port: 80\n    targetport: 8080\n    colour: red\n";
    check(
        text,
        &[
            "5:3 strict decoding error: unknown field \"spec.selectors\" -> Did you mean selector?",
            "8:5 strict decoding error: unknown field \"spec.ports[0].targetport\" -> Did you mean targetPort?",
            "9:5 strict decoding error: unknown field \"spec.ports[0].colour\" -> Kubernetes has no such field here: it has no effect. Check its spelling and indentation.",
        ],
    );
    let reading = read(text, "default");
    assert!(!reading.has_errors());
    assert_eq!(reading.documents[0].value["spec"]["selectors"]["app"], "web");
    assert_eq!(reading.problems[0].object, Some(ObjectKey::service("default", "web")));
    assert_eq!(reading.problems[1].path.as_deref(), Some("spec.ports[0].targetport"));
}

#[test]
fn wrong_types_are_errors_at_the_value() {
    let text = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  ports:\n  - port: \"80\"\n";
    check(
        text,
        &[
            "6:11 json: cannot unmarshal string into Go struct field ServicePort.spec.ports.port of type int32 -> Write a whole number, without quotes.",
        ],
    );
    assert!(read(text, "default").documents.is_empty());
    let place = read(text, "default").problems[0].place.unwrap();
    assert_eq!((place.end_line, place.end_column), (6, 15));
}

#[test]
fn columns_count_characters() {
    let text = "apiVersion: v1\nkind: Pod\nmetadata: {labels: {é: 'ü', app: 1}, name: a}\n";
    check(
        text,
        &[
            "3:34 json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string",
        ],
    );
}

#[test]
fn old_api_versions_are_kept_with_a_warning() {
    let text = "apiVersion: extensions/v1beta1\nkind: Deployment\nmetadata: {name: web}\n";
    check(
        text,
        &[
            "1:13 no matches for kind \"Deployment\" in version \"extensions/v1beta1\" -> Kubernetes 1.36 serves Deployment as apps/v1.",
        ],
    );
    assert!(matches!(read(text, "default").documents[0].live, Live::Other(_)));
}

#[test]
fn what_a_server_adds_is_accepted() {
    let text = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  uid: abc\n  resourceVersion: '12'\n  creationTimestamp: null\n  \
                managedFields:\n  - fieldsV1: {'f:spec': {}}\n    manager: kubectl\nspec: {ports: [{port: 80}]}\nstatus: {loadBalancer: {}}\n";
    check(text, &[]);
}

#[test]
fn marks_lead_from_paths_to_places() {
    let text = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  ports:\n  - name: http\n    port: 80\n";
    let marks = read(text, "default").documents.remove(0).marks;
    let place = |path: &str| {
        let path = Path::parse(path).unwrap();
        let (key, value) = (marks.key_place(&path), marks.value_place(&path));
        ((key.line, key.column), (value.line, value.column))
    };
    assert_eq!(place("spec.ports[0].port"), ((8, 5), (8, 11)));
    assert_eq!(place("spec.ports[0].targetPort").0, (7, 5));
    assert_eq!(place("spec.selector"), ((5, 1), (5, 1)));
    assert_eq!(place("spec.ports[7]"), ((6, 3), (6, 3)));
    assert_eq!(place(""), ((1, 1), (1, 1)));
}

#[test]
fn depth_size_and_aliases_are_bounded() {
    for open in ["[", "{a: ", "- ", "? "] {
        let problems = read(&open.repeat(5_000), "default").problems;
        assert_eq!(problems.len(), 1, "{open}");
    }
    let mut bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for (name, of) in "bcdefghijk".chars().zip("abcdefghij".chars()) {
        let aliases = [format!("*{of}"), String::new()].join(",").repeat(9);
        bomb.push_str(&format!("{name}: &{name} [{}]\n", aliases.trim_end_matches(',')));
    }
    let problems = read(&bomb, "default").problems;
    assert_eq!(problems.len(), 1);
    assert!(problems[0].message.ends_with("document contains excessive aliasing"), "{}", problems[0].message);
    let problems = read(&"# ".repeat(3_000_000), "default").problems;
    assert_eq!(problems[0].message, "the text has 6.0 MB; at most 5 MB are read");
    let problems = read(&format!("[{}]", "1,".repeat(600_000)), "default").problems;
    assert_eq!(problems[0].message, "the text holds more than 500000 values");
    let bad_items = format!("apiVersion: v1\nkind: List\nitems:\n{}", "- {a: 1}\n".repeat(600));
    let odd_labels =
        format!("{POD}  labels:\n{}", (0..600).map(|n| format!("    l{n}: 1\n")).collect::<String>());
    for text in ["a\n---\n".repeat(600), "a: 1\n".repeat(600), bad_items, odd_labels] {
        let reading = read(&text, "default");
        assert_eq!(reading.documents.len(), 0);
        assert_eq!(reading.problems.len(), 501);
        assert_eq!(reading.problems[500].message, "more than 500 problems; the others are not shown");
    }
}

/// Every path of a value has marks inside the text.
fn check_marks(value: &Value, marks: &Marks, path: &Path) {
    assert!(marks.find(path).1, "{path}");
    match path.get(value) {
        Some(Value::Array(items)) => {
            for index in 0..u32::try_from(items.len()).unwrap() {
                check_marks(value, marks, &path.index(index));
            }
        }
        Some(Value::Object(map)) => {
            for key in map.keys() {
                check_marks(value, marks, &path.field(key));
            }
        }
        _ => {}
    }
}

const SAMPLE: &str = include_str!("../../../tests/manifests/shop.yaml");

#[test]
fn a_whole_manifest_is_read_and_marked() {
    let reading = read(SAMPLE, "default");
    assert_eq!(reading.problems, []);
    assert!(reading.documents.len() >= 8);
    for document in &reading.documents {
        check_marks(&document.value, &document.marks, &Path::ROOT);
        let line = document.marks.key_place(&Path(vec![Segment::Field("kind".to_owned())])).line;
        assert!(SAMPLE.lines().nth(line as usize - 1).unwrap().contains("kind:"));
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in any::<String>()) {
        read(&text, "default");
    }

    #[test]
    fn no_yaml_like_text_panics(
        words in proptest::collection::vec(
            prop::sample::select(vec![
                "a", ": ", "- ", "\n", "  ", "[", "]", "{", "}", ",", "&x ", "*x", "\"", "'", "|", ">", "|2-", "\t", "#", " #", "? ",
                "!!int ", "!!binary ", "<<", "---", "...", "%YAML 1.1", "1", "0x", "~", "kind", "apiVersion", "v1", "Pod",
                "metadata", "name", "items", "spec", "\\", "\r\n", "\u{feff}", "é", "\u{2028}", "!", "@", "\0",
            ]), 0..60)
    ) {
        read(&words.concat(), "default");
    }

    #[test]
    fn no_mutated_manifest_panics(
        start in 0..SAMPLE.len(), length in 0usize..40, text in "[-:{}\\[\\]&*!|>'\"%@a0 \n\t]{0,6}"
    ) {
        let mut mutated = SAMPLE.to_owned();
        let floor = |mut at: usize| {
            at = at.min(SAMPLE.len());
            while !SAMPLE.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        mutated.replace_range(floor(start)..floor(start + length), &text);
        read(&mutated, "default");
    }

    #[test]
    fn no_value_in_place_of_another_panics(place in 0usize..400, odd in prop::sample::select(vec![
        json!(null), json!(true), json!(-1), json!(1.5), json!(u64::MAX), json!("x"), json!([]), json!([null]), json!({}), json!({"a": [1]}),
    ])) {
        for document in read(SAMPLE, "default").documents {
            let mut value = document.value;
            replace_nth(&mut value, &mut place.clone(), &odd);
            read(&value.to_string(), "default");
        }
    }
}

/// Replaces the value that comes at `place` in the order of the text.
fn replace_nth(value: &mut Value, place: &mut usize, odd: &Value) {
    if *place == 0 {
        *value = odd.clone();
    }
    *place = place.wrapping_sub(1);
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| replace_nth(item, place, odd)),
        Value::Object(map) => map.values_mut().for_each(|item| replace_nth(item, place, odd)),
        _ => {}
    }
}
