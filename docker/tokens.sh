#!/bin/sh
# Creates the four random tokens that docker/compose.yaml mounts, unless they exist. They never leave docker/secrets.
set -eu
directory="$(dirname "$0")/secrets"
mkdir -p "$directory"
chmod 700 "$directory"
for role in admin publish view monitor; do
  file="$directory/$role-token"
  [ -s "$file" ] && continue
  od -An -N24 -tx1 /dev/urandom | tr -d ' \n' >"$file"
  # The containers run as other users and must read it; the folder keeps other users of this host out.
  chmod 644 "$file"
done
