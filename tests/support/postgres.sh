# shellcheck shell=bash
# A PostgreSQL server of one's own, apart from any other on this machine: for the tests and for the load bench. Sourced.
#
# All of it is in one folder, which the caller removes.

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

# What makes a server fast that may lose everything, as that of the tests may: nothing in it is meant to outlive them.
PG_CARELESS="-c fsync=off -c synchronous_commit=off -c full_page_writes=off"

# pg_start HOME [OPTIONS]: starts a server, careless unless other options are given, and writes the URL of its database
# `stoa` to HOME/url. (`|| return` says what `set -e` does not where the caller asks for the result.)
pg_start() {
    local home=$1 options=${2-$PG_CARELESS} password port try
    mkdir -p "$home"
    if [[ $EUID -eq 0 ]]; then chown postgres "$home" || return; fi
    # On the socket anybody is the superuser; only the owner of the folder gets there.
    chmod 700 "$home"
    pg_run initdb --pgdata="$home/data" --username=postgres --encoding=UTF8 --locale=C.UTF-8 --no-sync \
        --auth-local=trust --auth-host=scram-sha-256 || return

    # Another program may take the port between our look and the server's start.
    for try in 1 2 3 4 5; do
        port=$(free_port) || return
        if pg_run pg_ctl start -D "$home/data" -l "$home/log" -w -t 60 -o "-h 127.0.0.1 -p $port -k $home -c max_connections=300 \
            $options"; then break; fi
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

# pg_stop HOME: stops the server of this folder, if it runs, and no other.
pg_stop() {
    local mode
    for mode in fast immediate; do
        [[ -f $1/data/postmaster.pid ]] || return 0
        pg_run pg_ctl stop -D "$1/data" -m "$mode" -w -t 30 >/dev/null || true
    done
}
