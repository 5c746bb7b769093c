# shellcheck shell=bash
# What the server withstands (`tests/api/faults`). Sourced by tests/all, whose `work`, `cargo_briefly` and `missing` it uses.
#
# The tests get a PostgreSQL of their own, which they stop and crash, and which loses nothing by that; and a disk that is
# soon full.

FAULTS=(--locked --test api -- --ignored --test-threads=1 --show-output)

# faults_disk FOLDER: mounts a small disk there, and makes it known to PostgreSQL as the tablespace `small`.
faults_disk() {
    mkdir "$1"
    mount -t tmpfs -o size=32m,mode=711 stoa-faults "$1" 2>/dev/null || return
    install -d -m 700 -o postgres "$1/tablespace"
    pg_run psql -X -q -v ON_ERROR_STOP=1 -h "$work/faults" -U postgres -d postgres -p "$(pg_port "$work/faults")" \
        -c "CREATE TABLESPACE small LOCATION '$1/tablespace'" -c "GRANT CREATE ON TABLESPACE small TO stoa"
}

run_faults() {
    pg_available || missing PostgreSQL postgresql
    command -v pgrep >/dev/null || missing pgrep procps
    pg_start "$work/faults" "${PG_DURABLE[@]}" >"$work/faults.log" 2>&1 || { cat "$work/faults.log"; return 1; }
    STOA_TEST_POSTGRES_URL=$(<"$work/faults/url")
    export STOA_TEST_POSTGRES_URL STOA_TEST_POSTGRES_HOME=$work/faults
    if [[ $EUID -eq 0 ]] && faults_disk "$work/small"; then
        export STOA_TEST_SMALL_DISK=$work/small
        cargo_briefly test "${FAULTS[@]}" faults::
    else
        echo "!! WITHOUT A SMALL DISK, for nothing can be mounted here: this step counts as skipped"
        cargo_briefly test "${FAULTS[@]}" faults:: --skip full_disk
        exit "$SKIPPED"
    fi
}

# What a run leaves when it is broken off.
faults_cleanup() {
    pg_stop "$work/faults"
    if mountpoint -q "$work/small"; then umount "$work/small"; fi
}
