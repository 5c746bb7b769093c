# shellcheck shell=bash
# What strangers use to get at the API: Swagger UI in a browser, and a client generated from the document. Sourced by tests/all,
# whose `work`, `install_packages`, `beside_server` and `missing` it uses.

# try_swagger_ui PORT
try_swagger_ui() {
    local picture=${CARGO_TARGET_DIR:-target}/swagger-ui-failed.png home
    # Chromium writes into its home even when its profile is elsewhere.
    home=$(mktemp -d "$work/browser.XXXXXX")
    HOME=$home TMPDIR=$home node tests/browser/docs.mjs "$(command -v chromium)" "http://127.0.0.1:$1" "$picture" 2>"$home/errors" ||
        { cat "$home/errors"; echo "!! what the page looked like: $picture"; return 1; }
}

swagger_ui_in_a_browser() {
    command -v chromium >/dev/null || missing Chromium chromium
    install_packages tests/browser
    beside_server "sqlite://$work/browser.db" try_swagger_ui
}

# The client is generated anew each time, so it is always the client of the document that is checked in.
generate_client() {
    rm -rf tests/client/generated
    npm --prefix tests/client run --silent generate >"$work/client.log" 2>&1 || { cat "$work/client.log"; return 1; }
    npm --prefix tests/client run --silent build
}

# run_client PORT
run_client() {
    node tests/client/run.mjs "http://127.0.0.1:$1"
}

generated_client() {
    install_packages tests/client
    generate_client
    beside_server "sqlite://$work/client.db" run_client
}
