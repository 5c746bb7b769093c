# shellcheck shell=bash
# A PostgreSQL server of one's own, apart from any other on this machine: for the tests and for the load bench. Sourced.
#
# All of it is in one folder, which the caller removes. It is fast because it may lose everything: nothing in it is meant
# to outlive the tests. A server that is to lose nothing is asked for with `pg_start HOME "${PG_DURABLE[@]}"`.

# A port of 127.0.0.1 that nobody listens on, below those that the system gives to outgoing connections.
free_port() {
    local port
    for _ in {1..100}; do
        port=$((20000 + RANDOM % 12000))
        if ! (: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            echo "$port"
            return
        fi
    done
    echo "no free port found" >&2
    return 1
}

# random_hex BYTES
random_hex() {
    od -An -v -N"$1" -tx1 /dev/urandom | tr -d ' \n'
}

# The programs of the newest server installed; nothing when there is none. Debian keeps them out of PATH.
pg_bindir() {
    local dir newest=""
    for dir in "$(pg_config --bindir 2>/dev/null || true)" $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V); do
        if [[ -x $dir/initdb && -x $dir/pg_ctl && -x $dir/psql ]]; then newest=$dir; fi
    done
    [[ -n $newest ]] && echo "$newest"
}

# Whether a server can be started here. The server refuses root, which therefore needs the user that the package makes.
pg_available() {
    pg_bindir >/dev/null && { [[ $EUID -ne 0 ]] || id -u postgres >/dev/null 2>&1; }
}

# pg_run PROGRAM ARGUMENT…: runs one of the server's programs, never as root. In /, because the user postgres may not
# enter the folder we are in.
pg_run() {
    local program
    program=$(pg_bindir)/$1
    shift
    if [[ $EUID -eq 0 ]]; then
        (cd / && exec runuser -u postgres -- "$program" "$@")
    else
        "$program" "$@"
    fi
}

PG_FAST=("fsync = off" "synchronous_commit = off" "full_page_writes = off")
# As a new server has it.
# shellcheck disable=SC2034
PG_DURABLE=("fsync = on" "synchronous_commit = on" "full_page_writes = on")

# Whether there is room in memory for a server that may lose everything. Each test makes a database of some hundred files.
pg_fits_memory() {
    local room
    room=$(df --output=avail -k /dev/shm 2>/dev/null | tail -n 1) && [[ -w /dev/shm && ${room// /} -ge 2097152 ]]
}

# pg_keep_in_memory HOME
pg_keep_in_memory() {
    local data
    data=$(mktemp -d /dev/shm/stoa-postgres.XXXXXX) || return
    if [[ $EUID -eq 0 ]]; then chown postgres "$data" || return; fi
    ln -s "$data" "$1/data"
}

# pg_start HOME [SETTING…]: starts a server and writes the URL of its database `stoa` to HOME/url. (`|| return` says what
# `set -e` does not where the caller asks for the result.)
pg_start() {
    local home=$1 password port try
    shift
    mkdir -p "$home"
    if [[ $EUID -eq 0 ]]; then chown postgres "$home" || return; fi
    # On the socket anybody is the superuser; only the owner of the folder gets there.
    chmod 700 "$home"
    if [[ $# -eq 0 ]] && pg_fits_memory; then pg_keep_in_memory "$home" || return; fi
    pg_run initdb --pgdata="$home/data" --username=postgres --encoding=UTF8 --locale=C.UTF-8 --no-sync \
        --auth-local=trust --auth-host=scram-sha-256 || return
    # Kept in the folder, so that `pg_launch` finds it as it was.
    printf '%s\n' "listen_addresses = '127.0.0.1'" "unix_socket_directories = '$home'" "max_connections = 300" \
        "${PG_FAST[@]}" "$@" >>"$home/data/postgresql.conf"

    # Another program may take the port between our look and the server's start.
    for try in 1 2 3 4 5; do
        port=$(free_port) || return
        echo "port = $port" >>"$home/data/postgresql.conf"
        if pg_launch "$home"; then break; fi
        cat "$home/log"
        if [[ $try -eq 5 ]]; then return 1; fi
    done

    # A role as a deployment has it: it owns its tables, and nothing lifts it above row-level security.
    password=$(random_hex 16)
    pg_run psql -X -q -v ON_ERROR_STOP=1 -h "$home" -p "$port" -U postgres -d postgres \
        -c "CREATE ROLE stoa LOGIN NOSUPERUSER CREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD '$password'" \
        -c "CREATE DATABASE stoa OWNER stoa" || return
    echo "postgres://stoa:$password@127.0.0.1:$port/stoa" >"$home/url"
}

# pg_launch HOME: starts the server of this folder, where it was before.
pg_launch() {
    pg_run pg_ctl start -D "$1/data" -l "$1/log" -w -t 60 >/dev/null
}

# pg_halt HOME MODE: stops it. `fast` sends its clients away, `immediate` is a crash.
pg_halt() {
    pg_run pg_ctl stop -D "$1/data" -m "$2" -w -t 30 >/dev/null
}

# pg_signal HOME SIGNAL: to all of its processes. STOP makes it fall silent, CONT go on.
pg_signal() {
    local postmaster
    postmaster=$(head -n 1 "$1/data/postmaster.pid") || return
    kill "-$2" "$postmaster" || return
    # One of them may just be ending by itself.
    pgrep -P "$postmaster" | while read -r child; do kill "-$2" "$child" 2>/dev/null || true; done
}

# pg_stop HOME: stops the server of this folder, if it runs, and no other.
pg_stop() {
    local mode
    for mode in fast immediate; do
        [[ -f $1/data/postmaster.pid ]] || break
        pg_halt "$1" "$mode" || true
    done
    if [[ -L $1/data && ! -f $1/data/postmaster.pid ]]; then rm -rf "$(readlink "$1/data")"; fi
}

# pg_port HOME
pg_port() {
    sed -n 's/.*:\([0-9]*\)\/stoa$/\1/p' "$1/url"
}
