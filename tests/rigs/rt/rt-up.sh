#!/bin/bash
# Bring up a private Request Tracker behind Apache with mod_auth_gssapi and an MIT KDC, on loopback,
# from Debian's packages, all of it under one directory:  rt-up.sh DIR
# Environment:
#   RT_RIG_RT=5|4                 which Debian request-tracker                   (5)
#   RT_RIG_DB=SQLite|Pg           its database                                   (SQLite)
#   RT_RIG_REST2_REMOTE_USER=0|1  with the plugin that lets REST 2.0 take REMOTE_USER (0: stock RT)
#   RT_RIG_CACHE=DIR              keep a filled database there for the next time
#   RT_RIG_SETTINGS='Set($X, 1);' more of RT's settings
#   RT_RIG_PROCS=N                RT's processes                                 (2)
# A second call on a live rig only prints its description. What is started is in DIR/pids, with the
# kernel's start times; rt-down.sh DIR ends it. Prints DIR/rig.json.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PARTS=$HERE/parts
RIG=$(realpath -m "${1:?usage: rt-up.sh DIR}")
RT=${RT_RIG_RT:-5}
DB=${RT_RIG_DB:-SQLite}
CACHE=${RT_RIG_CACHE:-}
KEPT=$CACHE/$(cat "$PARTS/seed.pl" "$PARTS/RT_SiteConfig.pm.in" | sha256sum | cut -c1-12)-rt$RT-$DB
PROCS=${RT_RIG_PROCS:-2}
REMOTE_USER_PLUGIN=${RT_RIG_REST2_REMOTE_USER:-0}
REALM=RT.TEST
MODULES=/usr/lib/apache2/modules
PG_BIN=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1 || true)
AS=()
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL=C.UTF-8

say() { echo "[$(date +%H:%M:%S.%3N)] $*" >&2; }
root() { [ "$(id -u)" = 0 ]; }
tail_and_fail() { tail -n 5 "$@" >&2; exit 1; }

# A process is told from a later one with the same number by when the kernel started it.
start_of() { local s; s=$(cat "/proc/$1/stat" 2>/dev/null) || return 1; s=${s##*) }; set -- $s; echo "${20}"; }
note() { echo "$2 $(start_of "$2")" >"$RIG/pids/$1"; }
alive() {
    local file pid start
    for file in "$RIG"/pids/*; do
        [ -e "$file" ] || return 1
        read -r pid start <"$file"
        [ "$(start_of "$pid")" = "$start" ] || return 1
    done
}

filled() { # FILE: one of the parts with its @…@ filled in
    sed -e "s|@RIG@|$RIG|g" -e "s|@URL@|$URL|g" -e "s|@REALM@|$REALM|g" -e "s|@DB@|$DB|g" \
        -e "s|@WEB_PORT@|$WEB_PORT|g" -e "s|@KDC_PORT@|$KDC_PORT|g" -e "s|@PG_PORT@|$PG_PORT|g" \
        -e "s|@REMOTE_USER@|$REMOTE_USER_PLUGIN|g" -e "s|@MODULES@|$MODULES|g" \
        -e "s|@USER@|$APACHE_USER|g" -e "s|@LIVECHAT@|$LIVECHAT|g" "$PARTS/$1"
}

make_room() {
    rm -rf "$RIG"
    mkdir -p "$RIG"/{pids,log,krb5/db,tls,etc/empty,var,mason/obj,sessions,outbox/new}
    mkdir -p "$RIG"/{plugins,local/html,local/lib,local/static}
    chmod 755 "$RIG"
    cd "$RIG" # rt-down.sh recognises what is ours by it
    if root && ! setpriv --reuid=www-data --regid=www-data --clear-groups test -x "$RIG"; then
        say "Apache's workers are www-data, who cannot enter $RIG: all its parents must be o+x"
        exit 1
    fi
}

choose_ports() {
    local chat_port
    read -r WEB_PORT KDC_PORT PG_PORT chat_port < <(/usr/bin/python3 - <<'PY'
# Below what the system picks from: the daemons are stopped and started again in the tests.
import random, socket
taken = []
for port in random.sample(range(10_000, 20_000), 100):
    one = socket.socket()
    try:
        one.bind(("127.0.0.1", port))
    except OSError:
        continue
    taken.append(one)
    if len(taken) == 4:
        break
print(*(one.getsockname()[1] for one in taken))
PY
    )
    URL=https://localhost:$WEB_PORT
    LIVECHAT=https://localhost:$chat_port/livechat # nothing is there before a test puts something there
    APACHE_USER=
    if root; then APACHE_USER='User www-data\nGroup www-data'; fi
}

start_kdc() {
    local krb5=$RIG/krb5 principal
    export KRB5_CONFIG=$krb5/krb5.conf KRB5_KDC_PROFILE=$krb5/kdc.conf
    filled krb5.conf.in >"$KRB5_CONFIG"
    filled kdc.conf.in >"$KRB5_KDC_PROFILE"
    : >"$krb5/kadm5.acl"
    kdb5_util -r $REALM create -s -P rig-master >"$RIG/log/kdb5.log" 2>&1
    {
        echo "addprinc -randkey HTTP/localhost"
        echo "ktadd -k $krb5/http.keytab HTTP/localhost"
        for principal in svc-livechat grace weak stranger root s1234567; do
            echo "addprinc -randkey $principal"
            echo "ktadd -k $krb5/$principal.keytab $principal"
        done
    } | kadmin.local -r $REALM >"$RIG/log/kadmin.log" 2>&1
    setsid krb5kdc -n -r $REALM >"$RIG/log/kdc.out" 2>&1 </dev/null &
    note kdc $!
}

make_certificate() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 \
        -subj /CN=localhost -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' \
        -addext 'basicConstraints=critical,CA:TRUE' \
        -keyout "$RIG/tls/key.pem" -out "$RIG/tls/cert.pem" 2>/dev/null
}

configure_rt() {
    cp -r "$HERE/../../../infra/rt/local/." "$RIG/local/"
    cp -r "$PARTS/plugins/." "$RIG/plugins/"
    filled RT_SiteConfig.pm.in >"$RIG/etc/RT_SiteConfig.pm"
    echo "package RT; ${RT_RIG_SETTINGS:-} 1;" >"$RIG/etc/extra.pm"
    cat >"$RIG/sendmail" <<SH
#!/bin/sh
file=\$(mktemp $RIG/outbox/new/\$(date +%s%N).XXXXXX) && { echo "X-Rig-Args: \$*"; cat; } >"\$file"
SH
    chmod +x "$RIG/sendmail"
    export RT_SITE_CONFIG=$RIG/etc/RT_SiteConfig.pm RT_SITE_CONFIG_DIR=$RIG/etc/empty
    export PERL5LIB=$RIG/local/lib RT_RIG_LIB=/usr/share/request-tracker$RT/lib
}

start_postgres() {
    mkdir -p "$RIG/pg"
    if root; then # PostgreSQL refuses to run as root
        chown postgres "$RIG/pg"
        AS=(setpriv --reuid=postgres --regid=postgres --clear-groups)
    fi
    if [ -d "$KEPT/data" ]; then
        cp -a "$KEPT/data" "$RIG/pg/data"
    else
        "${AS[@]}" "$PG_BIN/initdb" -D "$RIG/pg/data" -U postgres -A trust --no-sync -E UTF8 \
            --locale=C.UTF-8 >"$RIG/log/initdb.log" 2>&1
    fi
    run_postgres
}

run_postgres() {
    setsid "${AS[@]}" "$PG_BIN/postgres" -D "$RIG/pg/data" -p "$PG_PORT" \
        -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c shared_buffers=32MB \
        -c fsync=off -c synchronous_commit=off -c full_page_writes=off \
        >>"$RIG/log/pg.log" 2>&1 </dev/null &
    note pg $!
    for _ in $(seq 600); do
        "$PG_BIN/pg_isready" -q -h 127.0.0.1 -p "$PG_PORT" && break
        sleep .1
    done
}

copy_postgres() { # TO: its files are only whole while it is down
    local pid
    read -r pid _ <"$RIG/pids/pg"
    kill -INT "$pid"
    wait "$pid" || true
    cp -a "$RIG/pg/data" "$1"
    run_postgres
}

fill_database() {
    local made
    if [ -f "$KEPT/seed.json" ]; then
        if [ "$DB" = SQLite ]; then cp "$KEPT/rt.sqlite" "$RIG/var/rt.sqlite"; fi
        cp "$KEPT/seed.json" "$RIG/seed.json"
        return
    fi
    "rt-setup-database-$RT" --action init --dba postgres --dba-password '' --force \
        >"$RIG/log/init.log" 2>&1 || tail_and_fail "$RIG/log/init.log"
    perl "$PARTS/seed.pl" >"$RIG/seed.json" 2>"$RIG/log/seed.log" || tail_and_fail "$RIG/log/seed.log"
    if [ -n "$CACHE" ]; then
        mkdir -p "$CACHE"
        made=$(mktemp -d "$CACHE/making.XXXXXX")
        if [ "$DB" = SQLite ]; then cp "$RIG/var/rt.sqlite" "$made"; else copy_postgres "$made/data"; fi
        cp "$RIG/seed.json" "$made"
        mv -T "$made" "$KEPT" 2>/dev/null || rm -r "$made" # another one, filled meanwhile, is there
    fi
}

start_rt() {
    local server=/usr/share/request-tracker$RT/libexec/rt-server.fcgi
    setsid perl "$server" --listen "$RIG/rt.sock" --nproc "$PROCS" >"$RIG/log/fcgi.log" 2>&1 </dev/null &
    note rt $!
    for _ in $(seq 900); do
        [ -S "$RIG/rt.sock" ] && break
        kill -0 "$(cut -d' ' -f1 "$RIG/pids/rt")" 2>/dev/null || tail_and_fail "$RIG/log/fcgi.log"
        sleep .1
    done
    if root; then chgrp www-data "$RIG/rt.sock"; fi
    chmod 660 "$RIG/rt.sock"
}

answer() { curl -s -o /dev/null -w '%{http_code}' --cacert "$RIG/tls/cert.pem" "$URL$1" || true; }

start_apache() {
    filled apache.conf.in >"$RIG/etc/apache.conf"
    if root; then chgrp www-data "$RIG/krb5/http.keytab" && chmod 640 "$RIG/krb5/http.keytab"; fi
    setsid apache2 -f "$RIG/etc/apache.conf" -DFOREGROUND >"$RIG/log/apache.out" 2>&1 </dev/null &
    note apache $!
    for _ in $(seq 600); do
        [ "$(answer /)" = 401 ] && break
        sleep .1
    done
    [ "$(answer /)" = 401 ] || tail_and_fail "$RIG/log/apache.out" "$RIG/log/apache-error.log"
    [ "$(answer /REST/1.0/NoAuth/mail-gateway)" = 200 ] || tail_and_fail "$RIG/log/fcgi.log"
}

if [ -f "$RIG/rig.json" ] && [ -d "$RIG/pids" ] && alive; then
    cat "$RIG/rig.json"
    exit 0
fi
"$HERE/rt-down.sh" "$RIG"
make_room
trap 'rc=$?; [ $rc = 0 ] || { say "failed ($rc): taking it down"; "$HERE/rt-down.sh" "$RIG"; }' EXIT
choose_ports
start_kdc
make_certificate
configure_rt
if [ "$DB" = Pg ]; then start_postgres; fi
say "Kerberos is up on 127.0.0.1:$KDC_PORT"
fill_database
say "the database is filled"
start_rt
start_apache
say "RT answers on $URL"
POSTGRES=
if [ "$DB" = Pg ]; then POSTGRES=$PG_PORT; fi
/usr/bin/python3 "$HERE/describe.py" "$RIG" "$URL" "$REALM" "$RT" "$POSTGRES" "$REMOTE_USER_PLUGIN" \
    "$LIVECHAT" >"$RIG/rig.json"
cat "$RIG/rig.json"
