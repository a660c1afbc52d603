//! Labels and selectors, with the syntax and the meaning of `k8s.io/apimachinery/pkg/labels`.
