#!/bin/sh
# Prints or installs the packages of docker/packages.txt.
#   docker/packages.sh list PART...      one package a line, for this Debian release
#   docker/packages.sh install PART...   installs those that are missing
set -eu
list="$(dirname "$0")/packages.txt"
verb=${1:?list or install}
shift
suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")

wanted() {
  for part in "$@"; do
    awk -v part="$part" -v suite="$suite" \
      '$1 == part && (NF == 2 || $3 == suite) { print $2 }' "$list"
  done | sort -u
}

# A nodejs from elsewhere brings its own npm and conflicts with Debian's package of that name.
missing() {
  for package in $(wanted "$@"); do
    [ "$package" = npm ] && command -v npm >/dev/null && continue
    dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || echo "$package"
  done
}

case $verb in
list) wanted "$@" ;;
install)
  todo=$(missing "$@")
  [ -z "$todo" ] && exit 0
  root=
  [ "$(id -u)" = 0 ] || root=sudo
  export DEBIAN_FRONTEND=noninteractive
  $root apt-get update -q
  # shellcheck disable=SC2086 # a list of words
  $root apt-get install -q -y --no-install-recommends $todo
  ;;
*)
  echo "packages.sh: unknown verb '$verb'" >&2
  exit 64
  ;;
esac
