#!/bin/bash
# The operating system's part of what the tests need: infra/dev/system.sh postgres|browser|webkit|orca|kerberos|faults|rt ...
# As root on Debian or Ubuntu it installs what is missing and starts no service; for anybody else it
# says what to install and changes nothing.
set -euo pipefail
cd "$(dirname "$0")/../.."
export DEBIAN_FRONTEND=noninteractive
rt_install=tests/rigs/rt/rt-install.sh

wanted=()
for group in "$@"; do
    case $group in
    postgres) wanted+=(postgresql) ;;
    browser) wanted+=(chromium chromium-headless-shell firefox-esr fonts-dejavu-core fonts-noto-color-emoji) ;; # fonts: no boxes on screenshots
    webkit) wanted+=(webkit2gtk-driver xvfb) ;;
    orca) wanted+=(orca at-spi2-core dbus-daemon xvfb) ;; # a screen reader; it needs no sound card here
    faults) wanted+=(strace iproute2) ;; # disks that fail, wires that are cut
    clamd) wanted+=(clamav-daemon) ;; # the tests give it one signature of their own
    kerberos) wanted+=(gcc libc6-dev python3-dev libkrb5-dev) ;;            # compiles requirements/kerberos.txt
    rt) [ -x $rt_install ] && wanted+=(request-tracker5 request-tracker4 apache2 libapache2-mod-auth-gssapi krb5-kdc krb5-user) ;;
    *) echo "system.sh: no group is called $group" >&2; exit 2 ;;
    esac
done

if ! command -v apt-get >/dev/null; then
    echo "make: neither Debian nor Ubuntu: whether ${wanted[*]} are here is yours to know"
    exit 0
fi
. /etc/os-release
missing=()
for package in "${wanted[@]}"; do
    # Ubuntu's chromium is a snap, which root cannot drive: the tests take Playwright's own there.
    case $ID/$package in ubuntu/chromium* | ubuntu/firefox-esr) continue ;; esac
    dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q '^install ok' || missing+=("$package")
done
((${#missing[@]})) || exit 0

if [ "$(id -u)" != 0 ]; then
    echo "make: not installed: ${missing[*]}"
    echo "make: run 'make test' as root once, or: sudo infra/dev/system.sh $*"
    exit 0
fi

# Nothing that is installed for tests may start: neither now nor, for PostgreSQL, as a cluster later.
export RUNLEVEL=1
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
    trap 'rm -f $policy' EXIT
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod +x $policy
fi
if [ ! -e /etc/postgresql-common ]; then
    mkdir /etc/postgresql-common
    echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
fi

quietly() { "$@" >.build/system.log 2>&1 || { cat .build/system.log >&2; return 1; }; }
apt() { quietly apt-get -o DPkg::Lock::Timeout=900 -o Dpkg::Options::=--force-confold "$@"; }

mkdir -p .build
echo "make: installing ${missing[*]}"
apt update
case " ${missing[*]} " in *" request-tracker4 "*) quietly "${rt_install/rt-/rt4-}" ;; esac
case " ${missing[*]} " in *" request-tracker5 "* | *" apache2 "* | *" libapache2-mod-auth-gssapi "* | *" krb5-kdc "*)
    quietly $rt_install ;; # it answers the packages' questions as well
esac
apt install --yes --no-install-recommends "${missing[@]}"
