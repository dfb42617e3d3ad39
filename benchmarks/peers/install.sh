#!/usr/bin/env bash
# Makes the Python environment of the peers in peers/.venv: about 2 GB.
set -euo pipefail
cd "$(dirname "$0")"
python3 -m venv .venv
.venv/bin/pip install --quiet --requirement requirements.txt
echo "Installed in $PWD/.venv"
