#!/bin/bash
# Builds the fuzz targets with clang and runs each; a finding is a non-zero exit, its input is in build/fuzz/findings.
#   tests/fuzz/run.sh [--long] [--seconds N] [NAME…]
# Each runs for 5 s, with --long for 60, from seeds/NAME and what earlier runs found. To run one input again:
#   build/fuzz/NAME FILE
set -euo pipefail
cd "$(dirname "$0")/../.."

sdp=(attributes candidate carried_payloads description fingerprint fragment line_lens line_reader media_line payload_reader
  receiving_offer remote_description render text viewer_answer viewer_offer viewer_payload)
sdp=("${sdp[@]/%/.cpp}")
declare -A sources=(
  [stun]="relay/port/ice_lite.cpp relay/port/ice_messages.cpp relay/port/stun_message.cpp relay/base/random.cpp
    relay/port/demux.cpp relay/net/socket_address.cpp"
  [frames]="relay/port/tcp_framing.cpp"
  [srtp]="relay/srtp/rtp_receiver.cpp relay/srtp/hmac_sha1.cpp relay/srtp/rtcp_receiver.cpp relay/srtp/libsrtp.cpp
    relay/rtp/rtcp.cpp relay/rtp/sender_report.cpp relay/srtp/key_derivation.cpp relay/dtls/handles.cpp relay/rtp/packet.cpp relay/rtp/extensions.cpp"
  [rtcp]="relay/rtp/bandwidth_message.cpp relay/rtp/feedback.cpp relay/rtp/rtcp.cpp relay/rtp/rtcp_split.cpp
    relay/rtp/sender_report.cpp"
  [rtp]="relay/rtp/packet.cpp relay/rtp/extensions.cpp relay/rtp/keyframe.cpp relay/rtp/nal_units.cpp
    relay/rtp/parameter_sets.cpp relay/rtp/vp8_descriptor.cpp relay/port/demux.cpp"
  [stream]="relay/rtp/packet.cpp relay/rtp/continuity.cpp relay/rtp/wall_clock.cpp relay/rtp/capture_clock.cpp relay/rtp/sender_clock.cpp relay/gst/ref.cpp relay/base/random.cpp
    relay/rtp/extensions.cpp relay/outputs/webrtc/media/packet_head.cpp relay/outputs/webrtc/media/packet_ring.cpp
    relay/outputs/webrtc/media/sequence_map.cpp relay/outputs/webrtc/media/viewer_stream.cpp relay/rtp/vp8_descriptor.cpp"
  [viewer_offer]="config/text.cpp ${sdp[*]/#/relay/sdp/}"
  [offer]="config/text.cpp ${sdp[*]/#/relay/sdp/}"
  [fragment]="config/text.cpp ${sdp[*]/#/relay/sdp/}"
  [token]="daemon/http/signed_tokens.cpp daemon/http/base64.cpp daemon/read_json.cpp config/name.cpp config/text.cpp"
)
declare -A libraries=([stun]="nice libcrypto spdlog" [stream]="gstreamer-1.0" [srtp]="libsrtp2 libcrypto libssl"
  [viewer_offer]="glib-2.0" [offer]="glib-2.0" [fragment]="glib-2.0"
  [token]="libcrypto glib-2.0")
declare -A seeds=([viewer_offer]=tests/relay/sdp/fixtures [offer]=tests/relay/sdp/fixtures)

seconds=5
names=()
while [ $# -gt 0 ]; do
  case $1 in
  --long) seconds=60 ;;
  --seconds) seconds=${2:?a number}; shift ;;
  -*) echo "run.sh: unknown argument '$1'; allowed: --long, --seconds N, NAME…" >&2; exit 64 ;;
  *) [ -n "${sources[$1]-}" ] || { echo "run.sh: no target '$1'; there are: ${!sources[*]}" >&2; exit 64; }
    names+=("$1") ;;
  esac
  shift
done
[ ${#names[@]} -gt 0 ] || names=("${!sources[@]}")

out=build/fuzz
mkdir -p "$out/findings"
jobs=$(nproc)
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1
export out compiler=clang++
! command -v ccache >/dev/null || compiler="ccache clang++"
export flags="-std=c++20 -O1 -g1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined -I. -Itests -Itests/fuzz"
cflags=$(pkg-config --cflags glib-2.0 gstreamer-1.0 nice libcrypto libsrtp2 spdlog)
export cflags

# shellcheck disable=SC2016 # expanded by the inner shell
compile() {
  xargs -P "$jobs" -I{} sh -c '
    object="$out/objects/{}.o"
    mkdir -p "${object%/*}"
    $compiler $flags -fsanitize=fuzzer-no-link $cflags -c "{}" -o "$object"'
}

link() { # NAME
  local objects=() libs=() file
  for file in "tests/fuzz/$1.cpp" ${sources[$1]}; do objects+=("$out/objects/$file.o"); done
  # shellcheck disable=SC2086,SC2207 # lists of words
  [ -z "${libraries[$1]-}" ] || libs=($(pkg-config --libs ${libraries[$1]}))
  clang++ -fsanitize=fuzzer,address,undefined "${objects[@]}" "${libs[@]}" -o "$out/$1"
}

fuzz() { # NAME
  local corpus=$out/corpus/$1 log=$out/$1.log
  mkdir -p "$corpus"
  if timeout -k 5 $((seconds + 60)) "$out/$1" -max_total_time="$seconds" -rss_limit_mb=1024 -timeout=5 -max_len=16384 \
    -artifact_prefix="$out/findings/$1-" -print_final_stats=1 "$corpus" "${seeds[$1]-tests/fuzz/seeds/$1}" >"$log" 2>&1; then
    echo "$1: $(awk '/number_of_executed_units/ { print $2 }' "$log") inputs, nothing found"
  else
    tail -n 60 "$log"
    echo "$1: a finding, see $log"
    return 1
  fi
}

# shellcheck disable=SC2086 # lists of words
for name in "${names[@]}"; do printf '%s\n' "tests/fuzz/$name.cpp" ${sources[$name]}; done | sort -u | compile
for name in "${names[@]}"; do link "$name"; done

good=0
bad=0
wait_one() { if wait -n; then good=$((good + 1)); else bad=$((bad + 1)); fi; }
running=0
for name in "${names[@]}"; do
  if [ "$running" -ge "$jobs" ]; then wait_one; running=$((running - 1)); fi
  fuzz "$name" &
  running=$((running + 1))
done
while [ "$running" -gt 0 ]; do wait_one; running=$((running - 1)); done
echo "pass $good"
echo "fail $bad"
[ "$bad" -eq 0 ]
