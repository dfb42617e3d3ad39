#!/usr/bin/env bash
# Creates the Python environment of the peers in peers/.venv, about 2 GB, and installs the JavaScript peer.
set -euo pipefail
cd "$(dirname "$0")"
python3 -m venv .venv
.venv/bin/pip install --quiet --requirement requirements.txt
npm install --silent --no-save --no-package-lock --prefix . genetic-js@0.1.14
echo "Installed in $PWD/.venv and $PWD/node_modules"
