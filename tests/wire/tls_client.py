"""Encryption: with it, verified, and without it from this machine and from elsewhere."""

import os
import socket

import psycopg

from wire import HOST, PORT, same, url

CERTIFICATE = os.environ["TTT_CERTIFICATE"]

with psycopg.connect(url("analyst") + f"?sslmode=verify-full&sslrootcert={CERTIFICATE}&host=localhost&hostaddr={HOST}") as connection:
    same(connection.pgconn.ssl_in_use, True, "encrypted and verified")
    same(connection.execute("SELECT 1").fetchone(), (1,), "answered")
# From this machine itself one may do without.
with psycopg.connect(url("analyst") + "?sslmode=disable") as connection:
    same(connection.pgconn.ssl_in_use, False, "plain")
# A certificate that is of another name is the client's to refuse.
try:
    psycopg.connect(url("analyst") + f"?sslmode=verify-full&sslrootcert={CERTIFICATE}&host=elsewhere&hostaddr={HOST}")
    raise SystemExit("a certificate of another name was taken")
except psycopg.OperationalError as error:
    same("certificate" in str(error), True, str(error))

# The address by which this machine is known to others; none where it has no network.
probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
try:
    probe.connect(("192.0.2.1", 9))
    outside = probe.getsockname()[0]
except OSError:
    outside = None
if outside and not outside.startswith("127."):
    place = url("analyst").replace(HOST, outside)
    with psycopg.connect(place + "?sslmode=require") as connection:
        same(connection.pgconn.ssl_in_use, True, "encrypted from elsewhere")
    try:
        psycopg.connect(place + "?sslmode=disable")
        raise SystemExit("a plain connection from elsewhere was taken")
    except psycopg.OperationalError as error:
        same("only encrypted connections" in str(error), True, str(error))
print("tls", outside or "loopback alone")
