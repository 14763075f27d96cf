#!/bin/sh
# Runs a command where nothing can leave this machine and nothing stays behind: a network of its own (loopback, and one
# interface with an address that real WebRTC peers accept), private mounts, and a process tree that ends with it.
#   tests/support/isolated.sh COMMAND…
set -eu
if [ "${1-}" = --inside ]; then
  shift
  ip link set lo up
  ip link add peers0 type veth peer name peers1
  ip address add 10.77.0.1/24 dev peers0
  ip link set peers0 up
  ip link set peers1 up
  exec "$@"
fi
rootless=
[ "$(id -u)" = 0 ] || rootless=--map-root-user
# shellcheck disable=SC2086 # one word or none
exec unshare $rootless --net --mount --pid --fork --kill-child --mount-proc "$0" --inside "$@"
