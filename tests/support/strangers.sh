# shellcheck shell=bash
# Strangers: schemathesis has each role send what it makes of openapi/openapi.json to a server with the demo data, and
# compares the answers with the document. Sourced by tests/all, whose functions it uses.

# tests/strangers/requirements.txt is locked for these and later.
OLDEST_PYTHON=3.11
STRANGERS_HOME=$root/tests/strangers
SCHEMATHESIS=$STRANGERS_HOME/.venv/bin/schemathesis

# Debian keeps what makes a virtual environment in a package of its own.
have_python() {
    python3 -c "import ensurepip, sys, venv; sys.exit(sys.version_info < (${OLDEST_PYTHON/./, }))" 2>/dev/null
}

# The Debian packages that the step lacks.
strangers_lacking() {
    have_python || echo python3 python3-venv
    command -v curl >/dev/null || echo curl
}

# Into an environment of its own, by hash. The copy of the list tells that an earlier installation was finished.
install_schemathesis() {
    have_python || missing "Python $OLDEST_PYTHON or newer, with venv," "python3 python3-venv"
    command -v curl >/dev/null || missing curl curl
    if cmp -s "$STRANGERS_HOME"/{,.venv/}requirements.txt; then return; fi
    rm -rf "$STRANGERS_HOME/.venv"
    if ! { python3 -m venv "$STRANGERS_HOME/.venv" &&
        "$STRANGERS_HOME/.venv/bin/pip" install --require-hashes --no-deps --only-binary :all: \
            -r "$STRANGERS_HOME/requirements.txt"; } >"$work/pip.log" 2>&1; then
        tail -n 30 "$work/pip.log"
        return 1
    fi
    cp "$STRANGERS_HOME"/{,.venv/}requirements.txt
}

# stranger DATABASE_URL ROLE FOLDER: a server with a fresh demo, and somebody of this role at it. What is said goes into FOLDER.
stranger() {
    local url=$1 role=$2 folder=$3 settings port server status=0
    port=$(free_port)
    settings=(BIND_ADDR="127.0.0.1:$port" DATABASE_URL="$url" JWT_SECRET="$(random_hex 32)" RATE_LIMITS=off ACCESS_TOKEN_TTL=1d RUST_LOG=warn)
    (run_alone "$folder" "${settings[@]}" "$program" serve --demo --migrate) </dev/null >"$folder/server" 2>&1 &
    server=$!
    echo "$server" >"$work/$server.pid"
    {
        await_ready "$port" "$server" &&
            (run_alone "$folder" "${settings[@]}" "$program" operator create --email operator@stoa.example <<<password123) &&
            python3 "$STRANGERS_HOME/sign_in.py" "http://127.0.0.1:$port" "$role" "$folder" &&
            (run_alone "$folder" NO_PROXY="$NO_PROXY" PYTHONPATH="$STRANGERS_HOME" PYTHONDONTWRITEBYTECODE=1 SCHEMATHESIS_HOOKS=hooks \
                timeout 900 "$SCHEMATHESIS" --config-file "$folder/schemathesis.toml" run "$root/openapi/openapi.json" \
                --url "http://127.0.0.1:$port" --no-color)
    } >"$folder/log" 2>&1 || status=1
    stop_server "$server" >>"$folder/log" 2>&1 || status=1
    return "$status"
}

# strangers_lane ENGINE:ROLE…: one after the other. Says how many requests each sent, or what it found.
strangers_lane() {
    local one engine role folder url status=0
    for one in "$@"; do
        engine=${one%:*} role=${one#*:}
        folder=$work/strangers-$engine-$role
        mkdir "$folder"
        url=sqlite://$folder/stoa.db
        if [[ $engine == PostgreSQL ]]; then
            url=$(<"$work/postgres/url")
            "$(pg_bindir)/psql" -X -q -v ON_ERROR_STOP=1 -c "CREATE DATABASE strangers_$role" "$url"
            url=${url%/stoa}/strangers_$role
        fi
        if stranger "$url" "$role" "$folder"; then
            echo "   $role on $engine:$(sed -n '/^Test cases:/{n;p}' "$folder/log")"
        else
            status=1
            echo "!! $role on $engine"
            sed -n '/= FAILURES =/,$p' "$folder/log" | grep . || tail -n 100 "$folder/log"
            tail -n 20 "$folder/server"
        fi
    done
    return "$status"
}

# Two at a time, for each of them waits for its answers: all roles on SQLite, and on PostgreSQL those who do most.
strangers() {
    local lanes=(
        "SQLite:owner SQLite:operator SQLite:nobody PostgreSQL:customer"
        "SQLite:staff SQLite:customer PostgreSQL:owner"
    ) lane number pids=() status=0
    if [[ ! -f $work/postgres/url ]]; then
        [[ ${CI:-} != true ]] || missing PostgreSQL postgresql
        echo "!! WITHOUT PostgreSQL: on SQLite only, and this step counts as skipped"
        lanes=("${lanes[@]/ PostgreSQL:*/}")
        status=$SKIPPED
    fi
    install_schemathesis
    build_program
    for number in "${!lanes[@]}"; do
        # Word splitting makes one argument of each.
        # shellcheck disable=SC2086
        strangers_lane ${lanes[number]} >"$work/lane$number" 2>&1 &
        pids+=("$!")
    done
    for number in "${!lanes[@]}"; do
        wait "${pids[number]}" || status=1
        cat "$work/lane$number"
    done
    return "$status"
}
