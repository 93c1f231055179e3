#!/bin/sh
# Run once, by the PostgreSQL image, when the database is made: the owner of the schema and the runtime role.
set -eu
psql -v ON_ERROR_STOP=1 -v owner_password="$OWNER_PASSWORD" -v app_password="$APP_PASSWORD" -U "$POSTGRES_USER" -d "$POSTGRES_DB" <<'SQL'
CREATE ROLE arops_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE arops_app LOGIN PASSWORD :'app_password';
ALTER DATABASE arops OWNER TO arops_owner;
SQL
