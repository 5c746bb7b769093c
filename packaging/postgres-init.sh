#!/bin/sh
# Run once by the PostgreSQL container, as its superuser, when the database is new: makes the role that Stoa works as. It owns its
# database and has no rights beyond, for row-level security does not hold a superuser, and Stoa does not start as one.
set -eu

psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --set password="$STOA_DB_PASSWORD" --username "$POSTGRES_USER" --dbname postgres <<'SQL'
CREATE ROLE stoa LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'password';
CREATE DATABASE stoa OWNER stoa ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
REVOKE CONNECT, TEMPORARY ON DATABASE stoa FROM PUBLIC;
SQL
