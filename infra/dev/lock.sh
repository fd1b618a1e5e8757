#!/bin/sh
# Writes requirements/*.txt anew from pyproject.toml and requirements/*.in. Pins that still fit stay;
# `infra/dev/lock.sh --upgrade` moves them all to the newest. No index address is written.
set -eu
cd "$(dirname "$0")/../.."
upgrade=${1:-}

lock() {
    # shellcheck disable=SC2086  # one word or none
    .venv/bin/uv pip compile $upgrade --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-header "$@"
}

lock pyproject.toml -o requirements/base.txt
lock pyproject.toml --extra kerberos -c requirements/base.txt -o requirements/kerberos.txt
lock requirements/test.in -c requirements/base.txt -o requirements/test.txt
for name in build kerberos-build tools; do
    lock requirements/$name.in -o requirements/$name.txt
done
