"""A student's client, with blocking sockets and words of its own: HOST PORT [FAULT ...]."""

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
        if "one message a piece" in FAULTS:
            text = text.splitlines()[0]
        if "is silent when busy" in FAULTS and "usy" in text:
            continue
        print(text.replace("$150", "$?") if "hides the price" in FAULTS else text)
        if "submit" in text:
            line = input("> ")
            if "sends no bid twice" in FAULTS and "Invalid bid" in text:
                continue
            server.sendall(line.encode())
    if "goes on after the result" in FAULTS:
        input("Once more? ")


main()
