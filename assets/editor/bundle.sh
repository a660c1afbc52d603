#!/bin/sh
# Bundles the YAML editor beside the built page and names it in its index.html. Trunk runs this after each build. The
# bundle is kept in .build/ and made anew only when something it is made of has changed. Where it can not be made, the
# build goes on and the page shows a plain text area instead.
set -eu
cd "$(dirname "$0")/../.."

without() { printf 'The page is built without the YAML editor (%s): it shows a plain text area instead.\n' "$1" >&2; exit 0; }

sum=$(cat package.json package-lock.json assets/editor/* | cksum | cut -d ' ' -f 1)
name=editor-$sum.js
kept=.build/editor/$name

if [ ! -f "$kept" ]; then
  command -v npm >/dev/null 2>&1 || without "npm is missing"
  if [ ! node_modules/.package-lock.json -nt package-lock.json ]; then
    npm ci --ignore-scripts --no-progress --loglevel=error >&2 || without "npm could not fetch its packages"
  fi
  rm -rf .build/editor
  mkdir -p .build/editor
  node_modules/.bin/esbuild assets/editor/editor.js --bundle --minify --charset=utf8 --target=es2022 --format=iife \
    --global-name=playgroundEditor --log-level=warning \
    --banner:js="/* CodeMirror 6 and Lezer, MIT licence, Copyright (C) by Marijn Haverbeke and others */" --outfile="$kept.new" >&2 \
    || without "esbuild failed"
  mv "$kept.new" "$kept"
fi

cp "$kept" "$TRUNK_STAGING_DIR/$name"
index=$TRUNK_STAGING_DIR/index.html
sed "s|</head>|<meta name=\"playground-editor\" content=\"$name\"></head>|" "$index" >"$index.new"
mv "$index.new" "$index"
