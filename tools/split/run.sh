#!/bin/sh
# Splits the WebAssembly of the page that Trunk has just built. Trunk runs this after each build; what `trunk serve` shows
# stays as it is, for the sake of quick rebuilds.
set -eu
cd "$(dirname "$0")/../.."
if [ "$TRUNK_PROFILE" != release ]; then exit 0; fi
cargo run --quiet --release --manifest-path tools/split/Cargo.toml --target-dir .build/split -- "$TRUNK_STAGING_DIR" \
  "${CARGO_TARGET_DIR:-target}/wasm32-unknown-unknown/web/endpoint-playground-app.wasm"
