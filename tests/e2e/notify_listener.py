"""Stands in for systemd: binds the socket named by its argument and prints each datagram as one line of JSON."""

import json
import socket
import sys

with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
    listener.bind(sys.argv[1])
    print(json.dumps("listening"), flush=True)
    while True:
        print(json.dumps(listener.recv(65536).decode()), flush=True)
