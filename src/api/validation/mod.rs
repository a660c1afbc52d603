//! The formats of names, labels and ports, with the messages of `k8s.io/apimachinery/pkg/util/validation`.
