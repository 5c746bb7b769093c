# Stoa in a container: everything compiled in, on a base without a shell, run by a user without rights.
#
#   docker build --tag stoa .
#   docker run --publish 127.0.0.1:8080:8080 --volume stoa:/data stoa
#
# As it is, it keeps its data in an SQLite file on the volume. compose.yaml runs it with PostgreSQL.

# The same as rust-version in Cargo.toml.
ARG RUST=1.95
ARG DEBIAN=13
ARG DEBIAN_NAME=trixie

FROM docker.io/library/rust:${RUST}-slim-${DEBIAN_NAME} AS build
# The compiler for C comes with the base; OpenSSL's build wants these as well.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends make perl \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /build
# First the dependencies, with an empty program around them: this layer is built again only when they change.
COPY Cargo.toml Cargo.lock ./
COPY .cargo .cargo
RUN mkdir src \
    && echo 'fn main() {}' >src/main.rs \
    && touch src/lib.rs \
    && cargo build --release --locked --bin stoa
COPY migrations migrations
COPY src src
# Newer than the empty program, whatever their own dates are.
RUN touch src/main.rs src/lib.rs \
    && cargo build --release --locked --bin stoa \
    && mkdir /data

# The C library, certificates and a user 65532, called nonroot; no shell and no package manager.
FROM gcr.io/distroless/cc-debian${DEBIAN}:nonroot
LABEL org.opencontainers.image.title="Stoa" \
      org.opencontainers.image.description="A multi-tenant commerce backend" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0"
COPY LICENSE-MIT LICENSE-APACHE /usr/share/doc/stoa/
COPY --from=build /build/target/release/stoa /usr/local/bin/stoa
COPY --from=build --chown=65532:65532 /data /data
ENV BIND_ADDR=0.0.0.0:8080 \
    DATABASE_URL=sqlite:///data/stoa.db
WORKDIR /data
VOLUME /data
EXPOSE 8080
USER 65532:65532
# Ready, and not only alive: the database answers, too.
HEALTHCHECK --interval=10s --timeout=10s --start-period=30s --retries=3 CMD ["/usr/local/bin/stoa", "health"]
ENTRYPOINT ["/usr/local/bin/stoa"]
CMD ["serve", "--migrate"]
