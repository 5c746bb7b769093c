# shellcheck shell=bash
# Letters, against a real mail server (`tests/mail/server.py`, `tests/api/smtp.rs`). Sourced by tests/all, whose `tools`, `work`,
# `install_python` and `cargo_briefly` it uses.

mail_tools=$tools/mail

run_mail() {
    install_python "$mail_tools" tests/mail/requirements.txt
    if [[ ! -f $work/postgres/url ]]; then
        [[ ${CI:-} != true ]] || missing PostgreSQL postgresql
        echo "!! WITHOUT PostgreSQL: on SQLite only, and this step counts as skipped"
        STOA_TEST_MAIL_PYTHON=$mail_tools/bin/python cargo_briefly test --locked --test api -- --ignored smtp:: --skip on_postgres
        exit "$SKIPPED"
    fi
    STOA_TEST_POSTGRES_URL=$(<"$work/postgres/url")
    STOA_TEST_MAIL_PYTHON=$mail_tools/bin/python
    export STOA_TEST_POSTGRES_URL STOA_TEST_MAIL_PYTHON
    cargo_briefly test --locked --test api -- --ignored smtp::
}
