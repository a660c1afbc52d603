//! The volumes of a Pod or of a Pod template.

use super::super::doc::{Doc, pairs};
use super::super::page::Page;
use super::{LONGEST, shorten};

/// A source of a volume: its field, what kubectl says of it, and the names and fields that it prints.
type Source = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

/// The sources in the order in which kubectl looks for them; those of storage that went out of Kubernetes are left out.
const SOURCES: [Source; 10] = [
    (
        "hostPath",
        "HostPath (bare host directory volume)",
        &[("Path", "path"), ("HostPathType", "type?<none>")],
    ),
    (
        "emptyDir",
        "EmptyDir (a temporary directory that shares a pod's lifetime)",
        &[("Medium", "medium"), ("SizeLimit", "sizeLimit?<unset>")],
    ),
    (
        "secret",
        "Secret (a volume populated by a Secret)",
        &[("SecretName", "secretName"), ("Optional", "optional?false")],
    ),
    (
        "configMap",
        "ConfigMap (a volume populated by a ConfigMap)",
        &[("Name", "name"), ("Optional", "optional?false")],
    ),
    (
        "nfs",
        "NFS (an NFS mount that lasts the lifetime of a pod)",
        &[("Server", "server"), ("Path", "path"), ("ReadOnly", "readOnly?false")],
    ),
    (
        "persistentVolumeClaim",
        "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)",
        &[("ClaimName", "claimName"), ("ReadOnly", "readOnly?false")],
    ),
    ("downwardAPI", "DownwardAPI (a volume populated by information about the pod)", &[]),
    ("projected", "Projected (a volume that contains injected data from multiple sources)", &[]),
    (
        "csi",
        "CSI (a Container Storage Interface (CSI) volume source)",
        &[("Driver", "driver"), ("FSType", "fsType"), ("ReadOnly", "readOnly?false")],
    ),
    (
        "image",
        "Image (a container image or OCI artifact)",
        &[("Reference", "reference"), ("PullPolicy", "pullPolicy")],
    ),
];

// Models describe.go describeVolumes
/// Writes the volumes; `indent` stands before the title.
pub fn describe_volumes(page: &mut Page, spec: Doc<'_>, indent: &str) {
    let title = [indent, "Volumes"].concat();
    if spec.items("volumes").len() == 0 {
        page.field(0, &title, "<none>");
        return;
    }
    page.line(0, &[&[&*title, ":"].concat()]);
    let before = if indent.is_empty() { "" } else { " " };
    for volume in spec.items("volumes") {
        page.line(1, &[&[before, volume.text("name"), ":"].concat()]);
        let Some((field, words, fields)) = SOURCES.iter().find(|(field, ..)| volume.has(field)) else {
            page.line(1, &["<unknown>"]);
            continue;
        };
        let source = volume.at(field);
        page.field(2, "Type", words);
        for (name, field) in *fields {
            print(page, source, name, field);
        }
        match *field {
            "downwardAPI" => {
                page.line(2, &["Items:"]);
                for item in source.items("items") {
                    let path = item.text_or("fieldRef.fieldPath", item.text("resourceFieldRef.resource"));
                    page.line(3, &[&[path, " -> ", item.text("path")].concat()]);
                }
            }
            "csi" => attributes(page, source),
            "projected" => source.items("sources").for_each(|source| projected(page, source)),
            _ => {}
        }
    }
}

// Models describe.go printCSIPersistentVolumeAttributesMultilineIndent
/// Writes the attributes of a volume. kubectl writes them as deep again as their name.
fn attributes(page: &mut Page, source: Doc<'_>) {
    let mut title = "VolumeAttributes:";
    let pairs = pairs(source, "volumeAttributes");
    if pairs.is_empty() {
        page.line(2, &[title, "<none>"]);
    }
    for pair in &pairs {
        page.line(2, &[title, &["    ", &*shorten(pair, LONGEST)].concat()]);
        title = "    ";
    }
}

/// Writes a field; what follows a `?` is written when there is none.
fn print(page: &mut Page, source: Doc<'_>, name: &str, field: &str) {
    let (field, other) = field.split_once('?').unwrap_or((field, ""));
    let value = source.word(field);
    page.field(2, name, if value.is_empty() { other } else { &value });
}

// Models describe.go printProjectedVolumeSource
fn projected(page: &mut Page, source: Doc<'_>) {
    for (field, title) in [("secret", "SecretName"), ("configMap", "ConfigMapName")] {
        if source.has(field) {
            print(page, source.at(field), title, "name");
            print(page, source.at(field), "Optional", "optional?false");
        }
    }
    if source.has("downwardAPI") {
        page.field(2, "DownwardAPI", "true");
    }
    if source.has("serviceAccountToken") {
        print(page, source.at("serviceAccountToken"), "TokenExpirationSeconds", "expirationSeconds?3600");
    }
}
