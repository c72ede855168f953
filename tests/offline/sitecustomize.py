"""Cuts a Python process off from every other machine. On PYTHONPATH, it does so in child processes too."""

import ipaddress
import socket

LOOPBACK = "only this machine can be reached in tests"


def _refuse_others(address):
    host = address[0] if isinstance(address, tuple) else None  # a path (AF_UNIX) stays on this machine
    if host in (None, "", "localhost"):
        return
    if isinstance(host, bytes):
        host = host.decode()
    try:
        local = ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = False
    if not local:
        raise OSError(f"{LOOPBACK}, not {host!r}")


def _guarded(name, place):
    real = getattr(socket.socket, name)

    def call(self, *args):
        if self.family in (socket.AF_INET, socket.AF_INET6):
            _refuse_others(args[place])
        return real(self, *args)

    return call


def block():
    """Refuse connections, datagrams and look-ups of names that lead to another machine."""
    if getattr(socket, "citybelt_blocked", False):
        return
    socket.citybelt_blocked = True
    for name, place in (("connect", 0), ("connect_ex", 0), ("sendto", -1)):
        setattr(socket.socket, name, _guarded(name, place))
    real = socket.getaddrinfo

    def getaddrinfo(host, *args, **kwargs):
        _refuse_others((host,))
        return real(host, *args, **kwargs)

    socket.getaddrinfo = getaddrinfo


block()
