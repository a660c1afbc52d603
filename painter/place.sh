#!/bin/sh
# Puts the painter's files into a folder of their own beside the page that Trunk has just built, and names it in index.html.
# Its files name each other, so the folder's name says which build it is of. Trunk runs this after each build.
set -eu
cd "$TRUNK_STAGING_DIR"
files="painter_loader.js painter.js painter_bg.wasm"
# shellcheck disable=SC2086
folder=painter-$(cat $files | cksum | cut -d ' ' -f 1)
mkdir "$folder"
# shellcheck disable=SC2086
mv $files "$folder"
sed "s|</head>|<meta name=\"playground-painter\" content=\"$folder/painter_loader.js\"></head>|" index.html >index.html.new
mv index.html.new index.html
