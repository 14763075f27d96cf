#!/bin/bash
# Installs what is missing, builds Spillway, runs it with a synthetic call and shows what it does.
#   daemon/demo.sh [--port N] [--once] [--janus URL ROOM]
# --janus joins that room of Janus' VideoRoom instead; somebody must be sending there.
# --once exits after the first look, with 0 if it saw tracks, growing recordings and queue depths.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD

port=
once=
join=
while [ $# -gt 0 ]; do
  case $1 in
  --port) port=${2:?a port}; shift ;;
  --once) once=1 ;;
  --janus)
    join="{type: janus, url: \"${2:?the URL of Janus, ws:// or wss://}\", room: ${3:?a room}, display: spillway}"
    shift 2
    ;;
  *) echo "demo.sh: unknown argument '$1'; allowed: --port N, --once, --janus URL ROOM" >&2; exit 64 ;;
  esac
  shift
done

listening() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

free_port() {
  local candidate
  for candidate in $(seq 8080 8179); do
    listening "$candidate" || { echo "$candidate"; return; }
  done
  echo "demo.sh: no free port from 8080 to 8179; use --port" >&2
  return 1
}

get() { # PATH
  exec 3<>"/dev/tcp/127.0.0.1/$port"
  printf 'GET %s HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n' "$1" >&3
  sed '1,/^\r*$/d' <&3
  exec 3>&-
}

ready() { get /readyz 2>/dev/null | grep -q . && get /v1/tracks 2>/dev/null | grep -q '"demo/'; }

wait_for() { # SECONDS WHAT COMMAND…
  local end=$((SECONDS + $1)) what=$2
  shift 2
  until "$@"; do
    kill -0 "$daemon" 2>/dev/null || { echo "demo.sh: spillwayd has exited, see $log" >&2; return 1; }
    [ "$SECONDS" -lt "$end" ] || { echo "demo.sh: timed out waiting for $what, see $log" >&2; return 1; }
    sleep 0.2
  done
}

recorded() { find "$home/recordings" -name '*.mkv' -printf '%s\n' | awk '{ sum += $1 } END { print sum + 0 }'; }
grown() { [ "$(recorded)" -gt "$1" ]; }
# CALL/PARTICIPANT of everybody who is sending.
watchable() { get /v1/tracks | grep -oE '"name": ?"[^"/]+/[^"/]+/' | sed 's/.*"\([^"]*\)\/$/\1/' | sort -u; }
depths() { get /metrics | grep '^spillway_queue_buffers{'; }

look() {
  local before
  echo "== http://127.0.0.1:$port/v1/tracks"
  get /v1/tracks | sed 's/},{/},\n{/g'
  echo
  before=$(recorded)
  wait_for 20 "a growing recording" grown "$((before + 1))"
  echo "== $home/recordings: $before bytes, a moment later $(recorded) bytes"
  echo "== http://127.0.0.1:$port/metrics, the depth of every queue"
  wait_for 5 "queue depths" grep -q . <(depths)
  depths
  echo "== watch in a browser on this machine"
  watchable | sed "s|^|http://127.0.0.1:$port/watch/|"
}

"$root/docker/packages.sh" install build run
cmake --preset release >/dev/null
ninja -C build/release spillwayd
port=${port:-$(free_port)}
home=$root/build/demo
log=$home/spillwayd.log
rm -rf "$home"
mkdir -p "$home/recordings"
configuration=$root/daemon/demo.yaml
if [ -n "$join" ]; then
  configuration=$home/demo.yaml
  awk -v join_line="    join: $join" '/^    join:/ { print join_line; next } { print }' "$root/daemon/demo.yaml" >"$configuration"
fi

(cd "$home" && exec "$root/build/release/daemon/spillwayd" --config "$configuration" \
  --set "http.listen=127.0.0.1:$port" --set webrtc.listen=0.0.0.0:0) >"$log" 2>&1 &
daemon=$!
finish() {
  kill "$daemon" 2>/dev/null || true
  wait "$daemon" || true
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

wait_for 30 "a running call in /v1/tracks" ready
look
[ -z "$once" ] || exit 0
echo "== running until Ctrl-C; log: $log"
wait "$daemon"
