#!/bin/sh
# Builds the widget; with --check, builds it elsewhere and compares it with the committed bundle.
set -eu
cd "$(dirname "$0")/../../widget"
PATH="$PWD/../.venv/bin:$PATH"
npm run --silent "${1:+check}${1:-build}"
