# shellcheck shell=bash
# Fuzzing. Sourced by tests/all, whose `rust_tests` it uses.

# Each claim is tried for so many seconds. There are some thirty, and as many are tried at a time as there are processors.
fuzz() {
    export STOA_FUZZ_SECONDS=${STOA_FUZZ_SECONDS:-5}
    rust_tests --test api fuzz::
}
