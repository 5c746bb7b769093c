# shellcheck shell=bash
# Strangers: schemathesis has each role send what it makes of openapi/openapi.json to a server with the demo data, and
# compares the answers with the document. Sourced by tests/all, whose `tools`, `work`, `run_alone` and other functions it uses.

schemathesis_tools=$tools/schemathesis

# stranger DATABASE_URL ROLE FOLDER: a server with a fresh demo, and somebody of this role at it. What is said goes into FOLDER.
stranger() {
    local url=$1 role=$2 folder=$3 settings port server status=0
    port=$(free_port)
    settings=(BIND_ADDR="127.0.0.1:$port" DATABASE_URL="$url" JWT_SECRET="$(random_hex 32)" RATE_LIMITS=off ACCESS_TOKEN_TTL=1d RUST_LOG=warn
        SQLITE_SYNCHRONOUS=normal)
    (run_alone "$folder" "${settings[@]}" "$program" serve --demo --migrate) </dev/null >"$folder/server" 2>&1 &
    server=$!
    echo "$server" >"$work/$server.pid"
    {
        await_ready "$port" "$server" &&
            (run_alone "$folder" "${settings[@]}" "$program" operator create --email operator@stoa.example <<<password123) &&
            python3 "$root/tests/strangers/sign_in.py" "http://127.0.0.1:$port" "$role" "$folder" &&
            (run_alone "$folder" NO_PROXY="$NO_PROXY" PYTHONPATH="$root/tests/strangers" PYTHONDONTWRITEBYTECODE=1 SCHEMATHESIS_HOOKS=hooks \
                timeout 900 "$schemathesis_tools/bin/schemathesis" --config-file "$folder/schemathesis.toml" run "$root/openapi/openapi.json" \
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

# Two at a time, for each of them waits for its answers: all roles, and the owner, who may do most, on both engines.
strangers() {
    local lanes=(
        "SQLite:owner SQLite:operator PostgreSQL:customer"
        "SQLite:staff SQLite:nobody PostgreSQL:owner"
    ) lane number pids=() status=0
    if [[ ! -f $work/postgres/url ]]; then
        [[ ${CI:-} != true ]] || missing PostgreSQL postgresql
        echo "!! WITHOUT PostgreSQL: on SQLite only, and this step counts as skipped"
        lanes=("${lanes[@]/ PostgreSQL:*/}")
        status=$SKIPPED
    fi
    command -v curl >/dev/null || missing curl curl
    install_python "$schemathesis_tools" tests/strangers/requirements.txt
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
