"""A student's client, with blocking sockets and words of its own: HOST PORT [FAULT]."""

import socket
import sys

_, HOST, PORT, *FAULTS = sys.argv


def main() -> None:
    try:
        server = socket.create_connection((HOST, int(PORT)))
    except OSError:
        if "traceback without a server" in FAULTS:
            raise
        sys.exit("There is no server.")
    while True:
        try:
            data = server.recv(1024)
        except OSError:
            data = b""
        if not data:
            break
        text = data.decode()
        print(text)
        if "submit" in text:
            server.sendall(input("> ").encode())


main()
