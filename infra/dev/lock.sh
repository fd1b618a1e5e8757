#!/bin/sh
# Writes requirements/*.txt anew from pyproject.toml and requirements/*.in. Pins that still fit stay;
# `infra/dev/lock.sh --upgrade` moves them all to the newest. No index address is written.
set -eu
cd "$(dirname "$0")/../.."
more=${1:-}

lock() {
    .venv/bin/uv pip compile $more --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-header "$@"
}

lock pyproject.toml -o requirements/base.txt
lock pyproject.toml --extra kerberos -c requirements/base.txt -o requirements/kerberos.txt
lock requirements/test.in -c requirements/base.txt -o requirements/test.txt
lock requirements/build.in -o requirements/build.txt
lock requirements/tools.in -o requirements/tools.txt
